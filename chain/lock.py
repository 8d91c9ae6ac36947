"""One worker at a time, guarded by the database that also holds the work."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

from django.db import DatabaseError, connection


@contextmanager
def alone(name: str) -> Iterator[bool]:
    """Whether this connection got the PostgreSQL advisory lock of that name; it is held until the block ends.

    It does not wait. The lock belongs to the connection: if that breaks, the lock is gone and so is the way to write,
    so a worker that lost its lock cannot go on.
    """
    number = int.from_bytes(sha256(name.encode()).digest()[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [number])
        got = bool(cursor.fetchone()[0])
    try:
        yield got
    finally:
        if got:
            _release(number)


def _release(number: int) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [number])
    except DatabaseError:
        # A pooled connection must not go back with the lock on it.
        if connection.connection is not None:
            connection.connection.close()
