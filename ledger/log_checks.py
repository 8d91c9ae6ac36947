"""Compares the log's own memories with each other: database, files, published checkpoint, last signed head, chain.

Each check is named; a disagreement becomes a finding with that name under the subject `log`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from django.db.models import Max

from chain import calls
from chain.errors import ChainError
from ledger import head_checks, note, succession, tree_files, witnesses
from ledger.checkpoint import Checkpoint as SignedText
from ledger.errors import LedgerError
from ledger.merkle import root_hash
from ledger.mismatches import Finding, about_log
from ledger.models import Checkpoint, Entry, Log
from ledger.publisher import last_head
from ledger.storage import Store
from ledger.tree_files import Head

CHAIN_CHECKS = ("chain head", "anchors")
FULL_CHECKS = ("leaves", "checkpoints", "checkpoint notes", "cosignatures", "files", "previous log")


@dataclass
class LogChecks:
    """What was found, and the checks that could not be or were not made."""

    findings: list[Finding] = field(default_factory=list)
    unchecked: set[str] = field(default_factory=set)
    made: list[str] = field(default_factory=list)


def check_log(store: Store, *, full: bool) -> LogChecks:
    """All checks; those that read the whole log only if `full`."""
    log, last = Log.objects.first(), Checkpoint.objects.order_by("-size").first()
    result = LogChecks()
    if log is None or last is None:
        return result
    head = Head(last.size, bytes(last.root))
    checks: list[tuple[str, Callable[[], Iterator[tuple[str, str]]]]] = [
        ("signatures", lambda: head_checks.notes(log, [last])),
        ("published checkpoint", lambda: _published(store, last)),
        ("signed head", lambda: _signed_head(store, head)),
        ("right edge", lambda: _right_edge(store, head)),
        ("chain head", lambda: _chain_head(store)),
        ("anchors", lambda: head_checks.anchors(None if full else 1)),
    ]
    if full:
        checks += [
            ("leaves", lambda: _leaves(log)),
            ("checkpoints", head_checks.checkpoint_roots),
            ("checkpoint notes", lambda: head_checks.every_note(log)),
            ("cosignatures", witnesses.unsound),
            ("files", lambda: _files(store, head)),
        ]
        if succession.predecessor() is not None:
            checks.append(("previous log", _previous))
    else:
        result.unchecked.update(FULL_CHECKS)
    for name, check in checks:
        _run(result, name, check)
    return result


def _run(result: LogChecks, name: str, check: Callable[[], Iterator[tuple[str, str]]]) -> None:
    try:
        result.findings += [about_log(name, expected, found) for expected, found in check()]
        result.made.append(name)
    except ChainError:
        # That the chain does not answer says nothing about what stands on it.
        result.unchecked.add(name)
    except (LedgerError, OSError) as error:
        result.findings.append(about_log(name, "", str(error)))
        result.made.append(name)


def _published(store: Store, last: Checkpoint) -> Iterator[tuple[str, str]]:
    published = store.checkpoint()
    if published is None:
        # The first checkpoint is in the database a moment before it is in the file.
        if Checkpoint.objects.exclude(size=last.size).exists():
            yield _words(Head(last.size, bytes(last.root))), ""
        return
    shown = note.Note.from_text(published)
    text = SignedText.from_text(shown.text)
    # The file may be a moment behind the database: it is compared with the checkpoint of its own size, which may have
    # one more cosignature by now. It never has one that the database, read later, lacks.
    row = Checkpoint.objects.filter(size=text.size).first()
    if row is None or not _is_shown(row, shown):
        yield row.note if row else f"no checkpoint of size {text.size}", published


def _is_shown(row: Checkpoint, shown: note.Note) -> bool:
    """Whether the note is the row's, with its first signatures and some of its cosignatures, in their order."""
    known = note.Note.from_text(row.note)
    cosigned = {line + "\n" for line in row.cosignatures.values_list("line", flat=True)}
    required = [line for line in known.signatures if line.line() not in cosigned]
    there = [line for line in known.signatures if line in shown.signatures]
    return shown.text == known.text and shown.signatures == tuple(there) and set(required) <= set(there)


def _signed_head(store: Store, head: Head) -> Iterator[tuple[str, str]]:
    signed = store.signed_head()
    log = Log.objects.get()  # after the file: whatever is signed was sequenced before
    if signed is None or signed.size < head.size:
        yield _words(head), _words(Head(signed.size, signed.root)) if signed else ""
    elif signed.size > log.size:
        yield _words(Head(log.size, bytes(log.root))), _words(Head(signed.size, signed.root))
    else:
        known = head.root if signed.size == head.size else tree_files.root_of_entries(signed.size)
        yield from _compare(Head(signed.size, known), Head(signed.size, signed.root))


def _right_edge(store: Store, head: Head) -> Iterator[tuple[str, str]]:
    yield from _compare(head, Head(head.size, root_hash(store.reader(head.size), head.size)))


def _files(store: Store, head: Head) -> Iterator[tuple[str, str]]:
    tree_files.verify_files(store, tree_files.EMPTY, head)
    yield from ()


def _previous() -> Iterator[tuple[str, str]]:
    succession.check_previous()
    yield from ()


def _leaves(log: Log) -> Iterator[tuple[str, str]]:
    last = Entry.objects.aggregate(last=Max("leaf_index"))["last"]
    size = Log.objects.get().size  # after the entries: whatever has a place is counted
    if last is not None and last >= size:
        yield f"size {size}", f"an entry at {last}"
    # Sequenced since the row was read: compare with the size it had then.
    yield from _compare(Head(log.size, bytes(log.root)), Head(log.size, tree_files.root_of_entries(log.size)))


def _chain_head(store: Store) -> Iterator[tuple[str, str]]:
    found = calls.read_head()
    if found.size == 0:
        return
    # Read after the chain: whatever is anchored was published before.
    on_chain, head = Head(found.size, bytes(found.root)), last_head()
    if on_chain.size > head.size:
        yield _words(head), _words(on_chain)
        return
    root = root_hash(store.reader(head.size), on_chain.size)
    yield from _compare(Head(on_chain.size, root), on_chain)


def _compare(expected: Head, found: Head) -> Iterator[tuple[str, str]]:
    if expected != found:
        yield _words(expected), _words(found)


def _words(head: Head) -> str:
    return f"size {head.size}, root {head.root.hex()}"
