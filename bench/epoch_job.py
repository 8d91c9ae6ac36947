"""The whole job of an epoch beside its target: 100,000 works of 10,000 accounts in 60 s, from the log in PostgreSQL to the
bundle that the second program has read. Below it, what of that is the second program's, and a bare pass over the same entries.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ledger.models import Details, Entry
    from tests.rewards.log_builder import Log

WORKS, PEOPLE, REVIEWERS = 100_000, 10_000, 20
TARGET_SECONDS = 60.0
EPOCH, BATCH = 3, 5_000
KINDS = ("data", "code", "documentation", "tuning", "model")


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
    from django.conf import settings
    from django.core.management import call_command
    from django.utils import timezone

    from chain import services as chain
    from rewards import bundles, evidence
    from tests.rewards.conftest import deployed

    call_command("migrate", "--noinput", verbosity=0)
    now = timezone.now()
    chain.deploy_contracts(now=now, origin=settings.LOG_ORIGIN)
    deployed(now)
    print(f"   writing a log of {WORKS:,} works by {PEOPLE:,} accounts with wallets …", flush=True)
    size = _write_log()
    root = evidence.root_at(size)
    with TemporaryDirectory() as folder:
        settings.EPOCH_DIR = Path(folder)
        bare = _seconds(lambda: sum(1 for _ in evidence.read(size).entries()))
        second = _Timed(bundles._recheck)
        bundles._recheck = second  # type: ignore[assignment]
        whole = _seconds(lambda: bundles.make(EPOCH, size, root))
        held = sum(path.stat().st_size for path in (Path(folder) / str(EPOCH)).iterdir())
    print(f"   {size:>9,} entries            {held / 2**20:>8.0f} MiB of bundle")
    print(
        f"   the whole job                {whole:>8.1f} s   {whole / TARGET_SECONDS:.2f} × the target of {TARGET_SECONDS:.0f} s"
    )
    print(f"     the second program in it   {second.seconds:>8.1f} s   {second.seconds / whole:.2f} of it")
    print(f"   reading the entries twice    {bare:>8.1f} s   {bare / whole:.2f} of it")


class _Timed:
    """A function, and the seconds that its calls took."""

    def __init__(self, act: Callable[..., Any]) -> None:
        self.act, self.seconds = act, 0.0

    def __call__(self, *arguments: Any) -> None:
        self.seconds += _seconds(lambda: self.act(*arguments))


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _write_log() -> int:
    """As the hub's services would have written it, but all at once; returns its size."""
    from ledger import storage, tree_files
    from ledger.models import Details, Entry
    from tests.rewards.log_builder import Log

    log = Log()
    _fill(log)
    rows = _rows(log)
    while batch := list(islice(rows, BATCH)):
        Entry.objects.bulk_create(batch)
    bound = Entry.objects.filter(type="wallet.bound").values_list("subject", "pk")
    Details.objects.bulk_create((_details(log, subject, key) for subject, key in bound), BATCH)
    size = len(log.bodies)
    tree_files.write_files(storage.store(), 0, size)
    return size


def _fill(log: Log) -> None:
    """Each work is its author's own revision, made from one of those before it, and assessed once."""
    chance = random.Random(WORKS)
    log.set_policy()
    reviewers = [f"reviewer {number}" for number in range(REVIEWERS)]
    log.grant(*reviewers)
    for number in range(PEOPLE):
        log.bind(f"person {number}")
    for number in range(WORKS):
        parent = f"work {chance.randrange(number)}" if number > WORKS // 10 else ""
        sources = (("trained_on", parent),) if parent else ()
        work = log.own_work(
            f"work {number}", f"person {number % PEOPLE}", kind=KINDS[number % len(KINDS)], sources=sources
        )
        log.assess(work, chance.choice(reviewers), chance.choice((1, 2, 3, 5, 8, 13, 21)), chance.randint(30, 100))


def _rows(log: Log) -> Iterator[Entry]:
    from ledger import entry
    from ledger.models import Entry

    for leaf, body in enumerate(log.bodies):
        found = entry.parse(body)
        yield Entry(
            leaf_index=leaf,
            leaf_hash=found.leaf_hash,
            body=body,
            type=found.type,
            subject=found.subject,
            actor=found.actor,
            time=found.time,
        )


def _details(log: Log, subject: str, key: int) -> Details:
    from ledger import entry
    from ledger.models import Details

    shown = log.disclosed[subject.removeprefix("acct:")]
    group = {"binding": shown.text}
    digest, text = entry.seal_group(group, shown.salt)
    return Details(entry_id=key, group="binding", digest=digest, salt=shown.salt, body=text)


if __name__ == "__main__":
    main()
