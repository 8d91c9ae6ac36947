"""Entries per second: recorded in transactions, sequenced, beside bare SHA-256 and bare PostgreSQL inserts."""

import hashlib
import os
import time
from collections.abc import Callable

BATCH, SINGLE = 5_000, 500


def _rate(count: int, act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return count / (time.perf_counter() - began)


def main() -> None:
    from tests.services import services

    services.postgres.settings["fsync"] = "on"
    services.start()
    try:
        _measure()
    finally:
        services.stop()


def _measure() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection, transaction
    from django.utils import timezone

    from ledger import sequencer
    from ledger import services as ledger

    call_command("migrate", "--noinput", verbosity=0)
    ledger.create_log(timezone.now())

    def record() -> None:
        ledger.record(
            type="repository.created", subject="repo:00000000-0000-4000-8000-000000000000", actor="acct:" + "0" * 32,
            time=timezone.now(), data={"kind": "model", "owner": "acct:" + "0" * 32, "visibility": "public"},
            details={"name": {"name": "bench"}},
        )  # fmt: skip

    def one_by_one() -> None:
        for _ in range(SINGLE):
            with transaction.atomic():
                record()

    def in_a_batch() -> None:
        with transaction.atomic():
            for _ in range(BATCH):
                record()

    def bare_inserts() -> None:
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE bench_bare (id bigserial PRIMARY KEY, body bytea NOT NULL)")
            for _ in range(SINGLE):
                cursor.execute("INSERT INTO bench_bare (body) VALUES (%s)", [b"x" * 300])

    def sequence() -> None:
        while sequencer.sequence():
            pass

    hashes = _rate(200_000, lambda: [hashlib.sha256(b"\0" + b"x" * 300).digest() for _ in range(200_000)])
    single, bare, batch = _rate(SINGLE, one_by_one), _rate(SINGLE, bare_inserts), _rate(BATCH, in_a_batch)
    sequenced = _rate(BATCH + SINGLE + 1, sequence)
    print(f"bare INSERT, one transaction each        {bare:10,.0f} rows/s")
    print(f"entry, one transaction each              {single:10,.0f} entries/s   {single / bare:.2f} of a bare INSERT")
    print(f"entries, {BATCH:,} in a transaction        {batch:10,.0f} entries/s   {batch / bare:.2f} of a bare INSERT")
    print(f"bare SHA-256 of 300 bytes                {hashes:10,.0f} hashes/s")
    print(
        f"sequenced in batches                     {sequenced:10,.0f} leaves/s    {sequenced / hashes:.3f} of bare SHA-256"
    )
