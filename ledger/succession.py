"""A log that takes the place of one that ended: its entry 0 commits to the frozen head, and the frozen log stays readable.

Nothing is carried over but that commitment: the old entries are proven by the old log, whose verified copy lies in
`LOG_DIR/previous` and is served below `/log/previous/`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from ledger import entry as format
from ledger import keys, services, sources, storage, tree_files
from ledger.checkpoint import open_checkpoint
from ledger.errors import BadOrigin, BadTile, Damaged, InvalidProof, WrongKey
from ledger.merkle import EMPTY_ROOT, leaf_hash
from ledger.models import LOG, Entry, Log
from ledger.note import Ed25519Key
from ledger.sources import Source
from ledger.storage import Store
from ledger.tree_files import EMPTY, Head

TYPE = "log.succeeded"
# Why a log ended. Enumerated, because an entry holds no free text.
REASONS = ("key_lost", "key_stolen", "entries_lost", "contract_lost", "other")
FOLDER = "previous"


@dataclass(frozen=True)
class Predecessor:
    """The log that this one continues, as entry 0 names it."""

    origin: str
    head: Head
    key: str
    reason: str


def succeed(source: Source, log_key: str, reason: str, now: datetime) -> Log:
    """Create this hub's log as the successor of the log in `source`, whose key the caller knows from elsewhere.

    The old log is copied first, every entry hashed; the checkpoint of the copy has to carry the old key's signature. Safe to
    repeat after a failure. Raises `WrongKey` when this hub has a log already or the old log's key, `BadOrigin` when it would
    have the old one's name, and `NotFound`, `BadNote`, `BadCheckpoint`, `Damaged` for a copy that is not whole.
    """
    if reason not in REASONS:
        raise ValueError(f"{reason!r} is not one of {', '.join(REASONS)}")
    if Log.objects.exists():
        raise WrongKey("This hub has a log already. A successor begins with an empty database.")
    old = Ed25519Key.from_vkey(log_key)
    text = source.checkpoint()
    found = open_checkpoint(text, log=old)
    head = Head(found.size, found.root)
    _copy(source, head, text, log_key)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE ledger_log IN SHARE ROW EXCLUSIVE MODE")
        if Log.objects.exists():
            raise WrongKey("This hub has a log already. A successor begins with an empty database.")
        origin = services.new_origin()
        if origin == found.origin:
            raise BadOrigin(f"LOG_ORIGIN must name the new log; {origin} is the one that ended.")
        key = keys.create_log_key(origin)
        if key.public == old.public:
            raise WrongKey(
                "LOG_KEY_FILE holds the old log's key. Name a new file: a successor signs with a key of its own."
            )
        log = Log.objects.create(origin=origin, verifier_key=key.vkey, created=now, size=0, root=EMPTY_ROOT)
        services.record(
            type=TYPE,
            subject=LOG,
            actor=format.SYSTEM,
            time=now,
            data={
                "origin": origin,
                "keys": services.key_ids(origin, key),
                "previous_origin": found.origin,
                "previous_size": head.size,
                "previous_root": head.root.hex(),
                "previous_key": log_key,
                "reason": reason,
            },
        )
    return log


def predecessor() -> Predecessor | None:
    """The log that this one continues; None for a log that began by itself."""
    row = Entry.objects.filter(type=TYPE).order_by("id").first()
    if row is None:
        return None
    data = format.parse(bytes(row.body)).data
    head = Head(data["previous_size"], bytes.fromhex(data["previous_root"]))
    return Predecessor(data["previous_origin"], head, data["previous_key"], data["reason"])


def previous_store() -> Store:
    """The frozen log's files."""
    return Store(storage.store().folder / FOLDER)


def check_previous() -> None:
    """Raises `Damaged`, `BadTile` or `InvalidProof` unless the frozen log is what entry 0 commits to."""
    found = predecessor()
    if found is not None:
        tree_files.verify_files(previous_store(), EMPTY, found.head)


def _copy(source: Source, head: Head, text: str, log_key: str) -> None:
    def read(first: int, end: int) -> Sequence[tuple[bytes, bytes]]:
        return [(leaf_hash(entry), entry) for entry in sources.read_entries(source, first, end)]

    target = previous_store()
    try:
        tree_files.write_files(target, 0, head.size, read)
        tree_files.verify_files(target, EMPTY, head)
    except (BadTile, InvalidProof) as error:
        raise Damaged(f"The copy in {source.place} does not lead to its signed root: {error}") from error
    target.write({"key": f"{log_key}\n".encode()})
    target.put_checkpoint(lambda: text)
