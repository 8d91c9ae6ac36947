"""After a restore: which signed heads are known, what the database lacks of them, and how missing entries come back.

A database restored from a backup knows less than the world does. Signing from there would fork the log, and `ledger.guard`
refuses to. What is missing can be put back from any copy of the log: the copy's entries count only if, appended to
what the database holds, they lead to the root of every head that was signed.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

import psycopg
from django.db import connection, transaction
from django.db.models import Q

from chain import calls
from chain.errors import ChainError
from ledger import entry as format
from ledger import expecting, publisher, sources, storage
from ledger.checkpoint import Checkpoint as SignedText
from ledger.checkpoint import open_checkpoint
from ledger.entry import ParsedEntry
from ledger.errors import BadCheckpoint, BadEntry, BadNote, Damaged, Fork, NotFound
from ledger.merkle import CompactRange, leaf_hash
from ledger.models import Checkpoint, Details, Entry, Log, Mention
from ledger.note import Ed25519Key, Note
from ledger.records import EntryView
from ledger.sources import Source
from ledger.storage import SignedHead
from ledger.tree_files import Head, root_of_entries
from ledger.tree_files import rebuild_files as rebuild

CHUNK = 1_000


@dataclass(frozen=True)
class KnownHead:
    """A head that was signed, and where it is known from. The chain keeps no note: there `note` is empty."""

    place: str
    head: Head
    note: str = ""

    @property
    def words(self) -> str:
        return f"size {self.head.size}, root {self.head.root.hex()} ({self.place})"


@dataclass(frozen=True)
class Standing:
    """The database beside the known heads. Entries `first` to `upto` (exclusive) were signed and are not in it."""

    own: Head
    known: tuple[KnownHead, ...]
    first: int
    upto: int

    @property
    def whole(self) -> bool:
        return self.first >= self.upto

    @property
    def missing(self) -> str:
        """The missing entries in words."""
        last = self.upto - 1
        return f"entry {last}" if last == self.first else f"entries {self.first} to {last}"


@dataclass(frozen=True)
class Completed:
    """What came back from a copy: `added` entries were missing, `placed` were in the database without their place, and
    `returned` had been given a place that the log had given to others; they get a new one.
    """

    head: Head
    added: int
    placed: int
    returned: int


# --- what was signed -------------------------------------------------------------------------------
def known_heads(notes: Mapping[str, str]) -> tuple[list[KnownHead], str]:
    """Every head that is known to have been signed, and why the chain said nothing (empty when it answered).

    Known are those in `notes`, by the place where each was found, the last one signed in this log folder, and the chain's.
    Raises `BadNote` or `BadCheckpoint`, with the place, for a note that this log did not sign, and `Damaged`.
    """
    log, signed = Log.objects.get(), storage.store().signed_head()
    found = [_opened(place, text, log.verifier_key) for place, text in notes.items()]
    if signed is not None:
        found.append(_opened(str(storage.store().folder), signed.note, log.verifier_key))
    try:
        head = calls.read_head()
    except ChainError as error:
        return found, str(error)
    if head.size:
        found.append(KnownHead("the chain", Head(head.size, bytes(head.root))))
    return found, ""


def standing(known: Sequence[KnownHead]) -> Standing:
    """What the database lacks. Raises `Fork` when its published part contradicts a known head: then it is of another
    history, and nothing can be appended to it.
    """
    log, published = Log.objects.get(), publisher.last_head()
    own = Head(log.size, bytes(log.root))
    sound = own.size
    for each in known:
        if each.head.size <= sound and root_of_entries(each.head.size) != each.head.root:
            if each.head.size <= published.size:
                raise Fork(f"The database holds another history than {each.words}.")
            # Places that were given after the restore, and that nobody signed.
            sound = published.size
    return Standing(own, tuple(known), sound, max((each.head.size for each in known), default=0))


def remember(known: Sequence[KnownHead]) -> None:
    """Keep the largest signed note beside the log's files, so that nothing smaller is ever signed here."""
    notes = [each for each in known if each.note]
    if not notes:
        return
    largest, before = max(notes, key=lambda each: each.head.size), storage.store().signed_head()
    if before is None or before.size < largest.head.size:
        storage.store().put_signed_head(SignedHead(largest.head.size, largest.head.root, largest.note))


def _opened(place: str, text: str, verifier_key: str) -> KnownHead:
    try:
        found = open_checkpoint(text, log=Ed25519Key.from_vkey(verifier_key))
    except BadNote as error:
        raise BadNote(f"{place} holds no checkpoint that this log signed: {error}.") from error
    except BadCheckpoint as error:
        raise BadCheckpoint(f"{place} holds no checkpoint of this log: {error}.") from error
    return KnownHead(place, Head(found.size, found.root), text)


def rebuild_files() -> None:
    """Make the log's files from the database's entries, up to its last checkpoint, unless those here go as far.

    A hub that may not sign yet still serves what it has published. Raises `Damaged` when the entries do not lead there.
    """
    store, row = storage.store(), Checkpoint.objects.order_by("-size").first()
    shown = store.checkpoint()
    if row is None or (shown is not None and _size(shown) >= row.size):
        return
    rebuild(store, Head(row.size, bytes(row.root)))
    store.put_checkpoint(lambda: row.note)


def _size(text: str) -> int:
    try:
        return SignedText.from_text(Note.from_text(text).text).size
    except (BadNote, BadCheckpoint):
        return -1


# --- putting entries back ----------------------------------------------------------------------------
def complete(source: Source, known: Sequence[KnownHead]) -> Completed:
    """Put back what the database lacks of the log, as far as the copy goes. All of it or nothing.

    The copy's checkpoint must carry this log's signature, and its entries must lead to its root and to those of the known
    heads. Entries that wait without a place, or hold one that was never published, take the place the log gave them.
    Words in details do not come back: a log does not hold them. Raises `BadNote`, `BadCheckpoint`, `NotFound`, `Fork`,
    `Damaged`.
    """
    log = Log.objects.get()
    copy = _opened(source.place, source.checkpoint(), log.verifier_key)
    with publishing_paused():
        log = Log.objects.select_for_update().get()
        base = publisher.last_head()
        if copy.head.size < base.size:
            raise NotFound(f"{source.place} holds {copy.head.size} entries, fewer than the database has published.")
        returned = Entry.objects.filter(leaf_index__gte=base.size).update(leaf_index=None)
        added, placed, edge = _append(source, base, copy, known)
        Log.objects.update(size=edge.size, root=edge.root(), frontier=b"".join(edge.hashes))
        remember([copy])
    return Completed(copy.head, added, placed, max(returned - placed, 0))


@contextmanager
def publishing_paused() -> Iterator[None]:
    """A transaction in which no checkpoint is published; one that is under way is waited for."""
    with transaction.atomic():
        publisher.take_turn()
        yield


def _append(source: Source, base: Head, copy: KnownHead, known: Sequence[KnownHead]) -> tuple[int, int, CompactRange]:
    edge = CompactRange()
    leaves = Entry.objects.filter(leaf_index__lt=base.size).order_by("leaf_index").values_list("leaf_hash", flat=True)
    edge.extend(map(bytes, leaves.iterator(chunk_size=10_000)))
    if (edge.size, edge.root()) != (base.size, base.root):
        raise Damaged("The entries in the database do not lead to its last published root.")
    roots = {each.head.size: each for each in (*known, copy) if base.size < each.head.size <= copy.head.size}
    bodies = sources.read_entries(source, base.size, copy.head.size)
    added = placed = 0
    while chunk := list(islice(bodies, CHUNK)):
        start = edge.size
        for body in chunk:
            edge.append(leaf_hash(body))
            expected = roots.get(edge.size)
            if expected is not None and edge.root() != expected.head.root:
                raise Fork(f"The entries of {source.place} do not lead to {expected.words}.")
        found = _place(chunk, start)
        placed += found
        added += len(chunk) - found
    return added, placed, edge


def _place(bodies: Sequence[bytes], start: int) -> int:
    """Give entries their places from `start` on; those that the database lacks are made. Returns how many it had."""
    waiting: dict[bytes, list[Entry]] = {}
    hashes = [leaf_hash(body) for body in bodies]
    rows = Entry.objects.filter(Q(leaf_hash__in=hashes), leaf_index__isnull=True)
    for row in rows.order_by("-id"):
        if leaf_hash(bytes(row.body)) == bytes(row.leaf_hash):
            waiting.setdefault(bytes(row.leaf_hash), []).append(row)
    known = 0
    for place, (body, digest) in enumerate(zip(bodies, hashes, strict=True), start):
        row = waiting[digest].pop() if waiting.get(digest) else _made(body, place)
        if row.leaf_index is None:
            known += 1
            Entry.objects.filter(pk=row.pk).update(leaf_index=place)
    return known


def _made(body: bytes, place: int) -> Entry:
    try:
        parsed = format.parse(body)
    except BadEntry as error:
        raise Damaged(f"Entry {place} of the copy is no entry: {error}") from error
    row = Entry.objects.create(
        leaf_index=place,
        leaf_hash=parsed.leaf_hash,
        body=body,
        type=parsed.type,
        subject=parsed.subject,
        actor=parsed.actor,
        time=parsed.time,
    )
    related = sorted(expecting.related_subjects(_view(row, parsed)) - {row.subject})
    if related:
        Entry.objects.filter(pk=row.pk).update(related=related)
    Mention.objects.bulk_create(Mention(entry=row, subject=subject) for subject in (row.subject, *related))
    Details.objects.bulk_create(
        Details(entry=row, group=group, digest=digest) for group, digest in parsed.details.items()
    )
    return row


def _view(row: Entry, parsed: ParsedEntry) -> EntryView:
    return EntryView(
        uid=row.uid,
        leaf_index=row.leaf_index,
        type=parsed.type,
        subject=parsed.subject,
        actor=parsed.actor,
        time=parsed.time,
        data=parsed.data,
        details={},
        body=parsed.body,
        leaf_hash=parsed.leaf_hash,
        digests=parsed.details,
        erased=frozenset(parsed.details),
    )


# --- what a backup says of the log -------------------------------------------------------------------
@dataclass(frozen=True)
class LogThen:
    """The log as one moment of the database has it; `note` is the last checkpoint's, empty before the first."""

    origin: str
    verifier_key: str
    head: Head
    published: int
    note: str


def log_then(opened: psycopg.Connection[tuple[Any, ...]]) -> LogThen | None:
    """The log in the snapshot that this connection holds open; None when no log was created."""
    log = opened.execute("SELECT origin, verifier_key, size, root FROM ledger_log").fetchone()
    if log is None:
        return None
    last = opened.execute("SELECT size, note FROM ledger_checkpoint ORDER BY size DESC LIMIT 1").fetchone()
    return LogThen(log[0], log[1], Head(log[2], bytes(log[3])), *(last or (0, "")))


def root_of(size: int) -> bytes:
    """The root of the first `size` entries as the database has them; `Damaged` when they are not all there."""
    return root_of_entries(size)


def spoilt_entries() -> int:
    """How many entries no longer hash to the leaf hash that was taken when they were recorded."""
    with connection.cursor() as cursor:
        cursor.execute(r"SELECT count(*) FROM ledger_entry WHERE leaf_hash <> sha256('\x00'::bytea || body)")
        return int(cursor.fetchone()[0])
