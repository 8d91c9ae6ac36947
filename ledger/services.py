"""What the ledger does for the rooms above: record an entry, erase details, create the log."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from chain import selectors as chain
from chain.errors import ChainError
from ledger import entry as format
from ledger import keys
from ledger.canonical import JSON
from ledger.checkpoint import check_origin
from ledger.errors import BadCheckpoint, BadOrigin, NotFound, NotInTransaction, WrongKey
from ledger.merkle import EMPTY_ROOT, leaf_hash
from ledger.models import Details, Entry, Log
from ledger.note import Ed25519Key

__all__ = ["Entry", "create_log", "erase_details", "record"]

# The outbox names an anchor `anchor:<origin>:<size>` in 120 characters.
ORIGIN_LENGTH = 90


def record(
    *,
    type: str,
    subject: str,
    actor: str,
    time: datetime,
    data: Mapping[str, JSON],
    details: Mapping[str, Mapping[str, JSON]] | None = None,
    related: Sequence[str] = (),
) -> Entry:
    """Write one entry in the caller's transaction, together with the change it tells of: both are kept or neither.

    The bytes are frozen here. The entry is pending until the sequencer, which runs after the commit, gives it a place;
    places follow the order in which entries are recorded. So lock the rows that the entry speaks about first: otherwise
    two changes of one row may be recorded in the wrong order.

    Raises `NotInTransaction`, and `BadEntry` when the entry breaks the format.
    """
    if not connection.in_atomic_block:
        raise NotInTransaction("An entry is recorded inside the transaction of the change that it tells of.")
    sealed = {group: _seal(body) for group, body in (details or {}).items()}
    body = format.build(
        type=type,
        subject=subject,
        actor=actor,
        time=time,
        data=data,
        details={group: digest for group, (digest, _salt, _text) in sealed.items()},
    )
    entry = Entry(
        leaf_hash=leaf_hash(body),
        body=body,
        type=type,
        subject=subject,
        actor=actor,
        time=format.to_milliseconds(time),
        related=_others(subject, related),
    )
    _insert(entry, sealed)
    return entry


def erase_details(entry_uid: UUID, group: str) -> None:
    """Destroy one details group and its salt, for good. The digest in the entry stays and every proof still verifies.

    Erasing twice does nothing. Raises `NotFound` when the entry has no such group.
    """
    found = Details.objects.filter(entry__uid=entry_uid, group=group)
    if not found.update(salt=None, body=None):
        raise NotFound("This entry has no such details.")


def create_log(now: datetime) -> Log:
    """The log of this hub: made with its key and its first entry if there is none, else the one that is there.

    Raises `BadOrigin` when `LOG_ORIGIN` cannot name a log, `WrongKey` when an existing log's key is not in the key file.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE ledger_log IN SHARE ROW EXCLUSIVE MODE")
        log = Log.objects.first()
        if log is not None:
            _refuse_other_origin(log)
            keys.log_signer(log.origin, log.verifier_key)
            return log
        origin = new_origin()
        key = keys.create_log_key(origin)
        log = Log.objects.create(origin=origin, verifier_key=key.vkey, created=now, size=0, root=EMPTY_ROOT)
        record(
            type="log.created",
            subject="log",
            actor=format.SYSTEM,
            time=now,
            data={"origin": origin, "keys": key_ids(origin, key)},
        )
        return log


# An entry, the subjects that it is found under and its details, in one round trip: recording is what every change waits for.
_INSERT = """
WITH entry AS (
    INSERT INTO ledger_entry (uid, leaf_hash, body, type, subject, actor, time, related)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
    RETURNING id
), mentions AS (
    INSERT INTO ledger_mention (entry_id, subject)
    SELECT entry.id, mentioned.subject FROM entry, unnest(%s::text[]) AS mentioned(subject)
), sealed AS (
    INSERT INTO ledger_details (entry_id, "group", digest, salt, body)
    SELECT entry.id, each.name, each.digest, each.salt, each.body
    FROM entry, unnest(%s::text[], %s::bytea[], %s::bytea[], %s::bytea[]) AS each(name, digest, salt, body)
)
SELECT id FROM entry
"""


def _insert(entry: Entry, sealed: Mapping[str, tuple[bytes, bytes, bytes]]) -> None:
    """Write a new entry's rows, and give it its id."""
    columns: list[Any] = [
        entry.uid,
        entry.leaf_hash,
        entry.body,
        entry.type,
        entry.subject,
        entry.actor,
        entry.time,
        entry.related,
    ]
    groups = [list(column) for column in zip(*sealed.values(), strict=True)] or [[], [], []]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [*columns, [entry.subject, *entry.related], list(sealed), *groups])
        entry.pk = cursor.fetchone()[0]
    entry._state.adding, entry._state.db = False, connection.alias


def _seal(body: Mapping[str, JSON]) -> tuple[bytes, bytes, bytes]:
    """The digest, the new salt and the canonical bytes of a details group."""
    salt = secrets.token_bytes(format.SALT_SIZE)
    digest, text = format.seal_group(body, salt)
    return digest, salt, text


def _others(subject: str, related: Sequence[str]) -> list[str]:
    for other in related:
        format.check_subject(other)
    return [other for other in dict.fromkeys(related) if other != subject]


def new_origin() -> str:
    """The name of a log that is to be created. Raises `BadOrigin`."""
    origin: str = settings.LOG_ORIGIN or _deployed_origin() or f"akashi.local/{secrets.token_hex(4)}"
    try:
        check_origin(origin)
    except BadCheckpoint as error:
        raise BadOrigin(str(error)) from error
    if len(origin) > ORIGIN_LENGTH:
        raise BadOrigin(f"LOG_ORIGIN has {len(origin)} characters; a log's name has at most {ORIGIN_LENGTH}")
    return origin


def _deployed_origin() -> str:
    """The name that the contract on the chain is bound to, if there is one already."""
    try:
        return chain.deployment().origin
    except ChainError:
        return ""


def key_ids(origin: str, key: Ed25519Key) -> list[JSON]:
    """The ids of the keys that sign a new log; the operator's among them if the contract stood before the log."""
    try:
        return [key.key_id.hex(), keys.operator_key(origin).key_id.hex()]
    except ChainError:
        return [key.key_id.hex()]


def _refuse_other_origin(log: Log) -> None:
    wanted: str = settings.LOG_ORIGIN
    if wanted and wanted != log.origin:
        raise WrongKey(
            f"LOG_ORIGIN is {wanted}, but this log was created as {log.origin}. A log keeps its name for good."
        )
