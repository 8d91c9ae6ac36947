"""What a witness decides (C2SP tlog-witness): the request `add-checkpoint`, and whether it may be cosigned. No clock, no files.

    old 20852014
    <base64 hash of the consistency proof>
    …
    <empty line>
    <checkpoint>

Refusals carry the status that the protocol gives them:

    400   no such request, or the old size is above the checkpoint's
    403   no valid signature by a key that the witness trusts for this log
    404   a log that the witness does not know
    409   the old size is not that of the last checkpoint it cosigned (whose size is the body), or another root for it
    422   the consistency proof does not hold
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ledger import note
from ledger.checkpoint import Checkpoint
from ledger.errors import BadCheckpoint, BadNote, BadSignature, InvalidProof, LedgerError
from ledger.merkle import EMPTY_ROOT, HASH_SIZE, verify_consistency
from ledger.note import Ed25519Key, Note

MAX_PROOF = 63
SIZE_TYPE = "text/x.tlog.size"
TEXT_TYPE = "text/plain; charset=utf-8"
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})", re.ASCII)


class Refused(LedgerError):
    """The witness does not cosign. `status` is that of the answer, `body` its text.

    `contradicts` says that the log's own signature is on a head that the witness cannot reconcile with what it has seen.
    """

    def __init__(self, status: int, body: str, content_type: str = TEXT_TYPE, *, contradicts: bool = False) -> None:
        super().__init__(body.strip())
        self.status = status
        self.body = body
        self.content_type = content_type
        self.contradicts = contradicts


@dataclass(frozen=True)
class Request:
    """An `add-checkpoint`: the size from which the proof leads, the proof, the signed note of the new checkpoint."""

    old: int
    proof: tuple[bytes, ...]
    checkpoint: str

    @classmethod
    def from_text(cls, source: str) -> "Request":
        """Parses a request body strictly; raises `BadNote`. `from_text(r.as_text()) == r`."""
        head, separator, checkpoint = source.partition("\n\n")
        first, *lines = head.split("\n")
        match = _OLD.fullmatch(first)
        if match is None or not separator:
            raise BadNote("a request is 'old N', proof lines, an empty line, and a checkpoint")
        if len(lines) > MAX_PROOF:
            raise BadNote(f"more than {MAX_PROOF} proof lines")
        proof = tuple(note.decode_base64(line) for line in lines)
        if any(len(value) != HASH_SIZE for value in proof):
            raise BadNote(f"a proof line holds {HASH_SIZE} bytes")
        return cls(int(match[1]), proof, checkpoint)

    def as_text(self) -> str:
        """The request body."""
        lines = "".join(f"{base64.b64encode(value).decode()}\n" for value in self.proof)
        return f"old {self.old}\n{lines}\n{self.checkpoint}"


@dataclass(frozen=True)
class Opened:
    """A request whose checkpoint is signed by a log that the witness knows."""

    request: Request
    note: Note
    head: Checkpoint


def open_request(body: bytes, logs: Sequence[Ed25519Key]) -> Opened:
    """Parses a request and verifies the log's signature; raises `Refused`."""
    try:
        request = Request.from_text(body.decode())
        signed = Note.from_text(request.checkpoint)
        head = Checkpoint.from_text(signed.text)
    except (UnicodeDecodeError, BadNote, BadCheckpoint) as error:
        raise Refused(400, f"{error}\n") from error
    keys = [key for key in logs if key.name == head.origin]
    if not keys:
        raise Refused(404, "This witness does not know the log.\n")
    if not any(_signed_by(signed, key) for key in keys):
        raise Refused(403, "The checkpoint has no valid signature by the log.\n")
    if request.old > head.size:
        raise Refused(400, "The old size is above the checkpoint's.\n")
    return Opened(request, signed, head)


def check_request(opened: Opened, last: Checkpoint | None) -> None:
    """Raises `Refused` unless the checkpoint extends `last`, the one this witness cosigned last for that log."""
    request, head = opened.request, opened.head
    size, root = (0, EMPTY_ROOT) if last is None else (last.size, last.root)
    if request.old != size:
        raise Refused(409, f"{size}\n", SIZE_TYPE)
    if head.size == size and head.root != root:
        raise Refused(409, f"{size}\n", SIZE_TYPE, contradicts=True)
    try:
        verify_consistency(size, head.size, root, head.root, request.proof)
    except InvalidProof as error:
        raise Refused(422, f"{error}\n", contradicts=True) from error


def _signed_by(signed: Note, key: Ed25519Key) -> bool:
    try:
        signed.verified_by(key)
    except BadSignature:
        return False
    return True
