"""What a witness keeps, as files in one folder: its private key, and per log the last checkpoint that it cosigned.

    witness.key             PRIVATE+KEY+…, for its owner's eyes only; made at the first start
    logs/<origin hash>      the last checkpoint cosigned, as a signed note
    refused/<note hash>     signed heads that contradicted it, each with the request and what was cosigned before
    unproven/<note hash>    the same of signed heads whose proof did not hold: a fork, or somebody else's bad proof

Reading the last checkpoint, comparing, and writing the new one happen under one lock, and the new one is on disk before a
cosignature leaves. So neither a second process on the same folder nor a kill at any point makes the witness go back.
"""

import hashlib
import os
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

from ledger import note
from ledger.checkpoint import Checkpoint
from ledger.cosignature import WitnessSigner
from ledger.durable import locked, make_folder, replace_file, sync_folder
from ledger.errors import BadCheckpoint, BadNote, Damaged, WrongKey
from ledger.note import Ed25519Key, Note
from ledger.witnessing import Opened, Refused, check_request, open_request

# Refused heads that are kept in each folder; whoever floods the witness fills no disk. Anybody can send a genuine head with
# a bad proof, so those have a folder of their own: they take no place from what nobody but the log can have made.
MAX_REFUSED = 64


class WitnessState:
    """A witness's folder. Any number of threads and processes may work on it."""

    def __init__(self, folder: Path, name: str, logs: Sequence[Ed25519Key]) -> None:
        """Opens the folder, or makes it with a new key. Raises `BadNote` for a name that cannot name a key, `WrongKey` when
        the folder holds a key of another name or none that can be read, `Damaged` when its state is gone.
        """
        note.check_name(name)
        note.check_text(name)
        self.folder = folder
        self.logs = tuple(logs)
        self.signer = self._open(name)

    def add_checkpoint(self, body: bytes, clock: Callable[[], float]) -> str:
        """Answers one `add-checkpoint` with the cosignature's line; raises `Refused`, `Damaged` and `OSError`."""
        opened = open_request(body, self.logs)
        with locked(self.folder):
            last = self.last(opened.head.origin)
            try:
                check_request(opened, last)
            except Refused as refusal:
                if refusal.contradicts:
                    self._keep_evidence(opened, refusal)
                raise
            replace_file(self._file(opened.head.origin), opened.note.as_text().encode())
        return self.signer.cosign(opened.note.text, int(clock())).line()

    def last(self, origin: str) -> Checkpoint | None:
        """The checkpoint that was cosigned last for a log; None before the first. `Damaged` when it cannot be read."""
        file = self._file(origin)
        try:
            found = Checkpoint.from_text(Note.from_text(file.read_text(encoding="utf-8")).text)
        except FileNotFoundError:
            return None
        except (UnicodeDecodeError, BadNote, BadCheckpoint) as error:
            raise Damaged(f"{file} is damaged: {error}") from error
        if found.origin != origin:
            raise Damaged(f"{file} is of another log")
        return found

    def _file(self, origin: str) -> Path:
        return self.folder / "logs" / hashlib.sha256(origin.encode()).hexdigest()

    def _keep_evidence(self, opened: Opened, refusal: Refused) -> None:
        """What the log signed and the witness cannot reconcile. With one size and two roots a fork is proven."""
        folder = self.folder / ("unproven" if refusal.status == 422 else "refused")
        text = opened.request.as_text()
        file = folder / hashlib.sha256(opened.note.text.encode()).hexdigest()
        if file.exists() or (folder.is_dir() and len(list(folder.iterdir())) >= MAX_REFUSED):
            return
        before = self._file(opened.head.origin)
        cosigned = before.read_text(encoding="utf-8") if before.exists() else "nothing\n"
        replace_file(file, f"{refusal.status} {refusal}\n\nrequest:\n{text}\ncosigned before:\n{cosigned}".encode())

    # --- the key ---------------------------------------------------------------------------------
    def _open(self, name: str) -> WitnessSigner:
        file = self.folder / "witness.key"
        make_folder(self.folder)
        with locked(self.folder):
            # A key without the folder beside it means that the state was lost: going on would mean going back.
            if file.exists() and not (self.folder / "logs").is_dir():
                raise Damaged(
                    f"{self.folder} holds a key, but what was cosigned with it is gone. Retire this witness: start a new one "
                    "in an empty folder, under another name."
                )
            make_folder(self.folder / "logs")
            if not file.exists():
                _write_key(file, WitnessSigner(name, secrets.token_bytes(32)))
        try:
            signer = WitnessSigner.from_text(file.read_text(encoding="ascii"))
        except (OSError, UnicodeDecodeError, BadNote) as error:
            raise WrongKey(f"The witness's key cannot be read from {file}: {error}") from error
        if signer.name != name:
            raise WrongKey(f"{self.folder} belongs to the witness {signer.name}, not to {name}.")
        return signer


def _write_key(file: Path, signer: WitnessSigner) -> None:
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o400)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(signer.as_text())
        handle.flush()
        os.fsync(handle.fileno())
    temporary.rename(file)
    sync_folder(file.parent)
