"""Asks witnesses to cosign the newest checkpoint, and adds what they answer to its note.

A witness says by status 409 which size it has seen; the proof then leads from there. What it answers counts only when the
cosignature verifies under the key that the operator named. The row is written first, then what the world reads; a crash
in between is made good by the next publication, which compares the two.

A witness that is away, slow or wrong is asked again later and later, up to once a minute, and holds up nobody else.
"""

import logging
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from ledger import merkle, publisher, storage
from ledger.cosignature import WitnessKey, cosignature_by, time_of
from ledger.errors import BadNote, LedgerError, Unreachable
from ledger.fetching import Client
from ledger.models import Checkpoint, Cosignature, Witness
from ledger.note import Note, Signature
from ledger.storage import Store
from ledger.witnessing import SIZE_TYPE, Request
from web.threads import with_connections

logger = logging.getLogger(__name__)

Problem = Witness.Problem
SECONDS = 5.0
MAX_ANSWER = 64 * 1024
# A cosignature may say a time that is a little ahead of this machine's clock, and no more.
AHEAD = timedelta(minutes=5)
FIRST_PAUSE, LONGEST_PAUSE = 2, 60


@dataclass(frozen=True)
class Asked:
    """What one witness is asked: to cosign `note` of `size`. `known` is the size that it cosigned last, as far as we know."""

    vkey: str
    url: str
    size: int
    note: str
    known: int

    @property
    def key(self) -> WitnessKey:
        return WitnessKey.from_vkey(self.vkey)


class WitnessRefused(LedgerError):
    """The witness answered, and did not cosign, or not as it should."""

    def __init__(self, problem: Problem, detail: str) -> None:
        super().__init__(detail)
        self.problem = problem


def due(now: datetime) -> list[Asked]:
    """The witnesses that lack the newest checkpoint and whose turn it is. No query without witnesses."""
    if not settings.WITNESSES:
        return []
    last = Checkpoint.objects.order_by("-size").first()
    if last is None:
        return []
    vkeys = [vkey for vkey, _ in settings.WITNESSES]
    known = _known_sizes(vkeys)
    rows = Witness.objects.in_bulk(vkeys)
    return [
        Asked(vkey, url, last.size, last.note, known.get(vkey, 0))
        for vkey, url in settings.WITNESSES
        if known.get(vkey, 0) < last.size and not _has_to_wait(rows.get(vkey), now)
    ]


def ask_due(now: datetime) -> int:
    """Asks everyone whose turn it is, all at once, and waits; returns how many cosigned."""
    asked = due(now)
    if not asked:
        return 0
    with ThreadPoolExecutor(len(asked)) as threads:
        return sum(threads.map(lambda each: with_connections(_ask_and_keep, each, now), asked))


class _Running:
    """The threads of this process that wait for witnesses; never two for one witness."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: set[str] = set()

    def start(self, asked: Sequence[Asked], now: datetime) -> None:
        for each in asked:
            with self._lock:
                if each.vkey in self._asked:
                    continue
                self._asked.add(each.vkey)
            threading.Thread(target=self._run, args=(each, now), name="witness", daemon=True).start()

    def _run(self, each: Asked, now: datetime) -> None:
        try:
            with_connections(_ask_and_keep, each, now)
        except Exception:
            logger.exception("The answer of the witness %s was not kept", each.key.name)
        finally:
            with self._lock:
                self._asked.discard(each.vkey)


_running = _Running()


def start(now: datetime) -> None:
    """Asks everyone whose turn it is, in threads of their own, and does not wait for them."""
    _running.start(due(now), now)


def _ask_and_keep(asked: Asked, now: datetime) -> bool:
    store = storage.store()
    try:
        signature = ask(asked, store)
    except LedgerError as error:
        logger.warning("The witness %s did not cosign size %d: %s", asked.key.name, asked.size, error)
        _remember(asked, now, *_told(error))
        return False
    keep(asked, signature, store)
    _remember(asked, now, "", "")
    return True


def _told(error: LedgerError) -> tuple[str, str]:
    """The problem, and what may be shown of it: an answer's words, but not where a witness is asked."""
    # All of it may repeat what the witness sent: a status line, say, with what no text column takes.
    if isinstance(error, WitnessRefused):
        return error.problem, _printable(str(error))
    if isinstance(error, Unreachable):
        return Problem.AWAY, _printable(error.reason)
    return (Problem.INVALID if isinstance(error, BadNote) else Problem.REFUSED), _printable(str(error))


def ask(asked: Asked, store: Store) -> Signature:
    """The witness's verified cosignature of the checkpoint. Raises `Unreachable`, `WitnessRefused` and `BadNote`."""
    client = Client(asked.url, seconds=SECONDS)
    try:
        answer, known = _post(client, asked, asked.known, store)
        if isinstance(answer, int):
            answer, known = _post(client, asked, answer, store)
        if isinstance(answer, int):
            raise WitnessRefused(Problem.REFUSED, f"it says that it has seen size {known}, and then size {answer}")
    finally:
        client.close()
    signature = cosignature_by(asked.key, Note.from_text(asked.note).text, answer)
    if time_of(signature.signature) > (timezone.now() + AHEAD).timestamp():
        raise WitnessRefused(Problem.CLOCK, "the time in its cosignature lies in the future")
    return signature


def keep(asked: Asked, signature: Signature, store: Store) -> None:
    """Adds a cosignature to the checkpoint's row and to what the world reads. Twice does no harm."""
    with transaction.atomic():
        row = Checkpoint.objects.select_for_update().get(size=asked.size)
        moment = datetime.fromtimestamp(time_of(signature.signature), UTC)
        line = signature.line().removesuffix("\n")
        _, is_new = Cosignature.objects.get_or_create(
            checkpoint=row, witness=asked.vkey, defaults={"time": moment, "line": line}
        )
        if is_new:
            row.note = Note.from_text(row.note).with_signature(signature).as_text()
            row.save(update_fields=["note"])
    publisher.show(store)


def _post(client: Client, asked: Asked, old: int, store: Store) -> tuple[str | int, int]:
    """The answer's lines, or the size that the witness says it has seen; and the size that the proof led from."""
    proof = merkle.consistency_proof(store.reader(asked.size), old, asked.size)
    body = Request(old, tuple(proof), asked.note).as_text().encode()
    answer = client.ask("POST", "/add-checkpoint", body, "text/plain; charset=utf-8", most=MAX_ANSWER)
    text = answer.body.decode(errors="replace")
    if answer.status == 200:
        return text, old
    if answer.status != 409 or answer.headers.get("content-type", "").partition(";")[0] != SIZE_TYPE:
        # The proof led from the size that the witness itself named, so by 422 it says that it knows another root for it.
        problem = Problem.ANOTHER if answer.status == 422 else Problem.REFUSED
        raise WitnessRefused(problem, f"status {answer.status}: {_printable(text)}")
    size = text.removesuffix("\n")
    if not (size.isascii() and size.isdecimal() and len(size) < 20):
        raise WitnessRefused(Problem.REFUSED, "status 409 without a size")
    if int(size) > asked.size:
        raise WitnessRefused(Problem.LARGER, f"it has seen size {int(size)}; this hub has published {asked.size}")
    if int(size) == old:
        raise WitnessRefused(Problem.ANOTHER, f"it has seen another root for size {old}")
    return int(size), old


def _printable(text: str) -> str:
    """The beginning of what a stranger wrote, as one line."""
    return "".join(sign if sign.isprintable() else " " for sign in text[:300]).strip()


def _known_sizes(vkeys: Sequence[str]) -> dict[str, int]:
    """The largest size that each witness cosigned here."""
    found = {}
    for vkey in vkeys:
        rows = Cosignature.objects.filter(witness=vkey).order_by("-checkpoint_id")
        size = rows.values_list("checkpoint_id", flat=True).first()
        if size is not None:
            found[vkey] = size
    return found


def _has_to_wait(row: Witness | None, now: datetime) -> bool:
    if row is None or not row.problem:
        return False
    pause = min(FIRST_PAUSE * 2 ** min(row.failures - 1, 10), LONGEST_PAUSE)
    return row.asked <= now < row.asked + timedelta(seconds=pause)


def _remember(asked: Asked, now: datetime, problem: str, detail: str) -> None:
    with transaction.atomic():
        row, _ = Witness.objects.select_for_update().get_or_create(key=asked.vkey, defaults={"asked": now})
        row.asked, row.problem, row.detail = now, problem, detail
        if problem:
            row.failing_since = row.failing_since or now
            row.failures += 1
        else:
            row.answered, row.failing_since, row.failures = now, None, 0
        row.save()
