"""Two people publish at the same moment, on real connections."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

import pytest
from django.db import transaction

from hub.accounts.models import Account
from hub.repositories import state
from hub.repositories.models import Repository, Revision, Tree
from hub.repositories.services import Change, create_repository, publish_revision
from tests.hub.factories import make_account
from tests.hub.repositories.conftest import CARD
from web.threads import with_connections

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS, FILES = 5, 60


def at_once(acts: list[Callable[[], object]]) -> list[Future[object]]:
    """Every act in its own thread, all let go together."""
    gate = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        gate.wait()
        return with_connections(act)

    with ThreadPoolExecutor(len(acts)) as threads:
        return [threads.submit(run, act) for act in acts]


def own_repository(account: Account, now: datetime) -> Repository:
    return create_repository(account=account, kind="dataset", name="cells", visibility="public", card=CARD, now=now)


def test_the_same_new_files_in_opposite_orders_are_published_by_both(transactional_db: None, now: datetime) -> None:
    repositories = [own_repository(make_account(), now) for _ in range(2)]

    def publish(repository: Repository, changes: list[Change]) -> Callable[[], Revision]:
        return lambda: publish_revision(
            account=repository.owner, repository=repository, changes=changes, message="", kind="data", now=now
        )

    for number in range(ROUNDS):
        changes = [Change(f"{index}.txt", content=b"%d of %d" % (index, number)) for index in range(FILES)]
        orders = (changes, changes[::-1])
        for outcome in at_once([publish(*both) for both in zip(repositories, orders, strict=True)]):
            outcome.result()
    assert [len(repository.revisions.get(number=ROUNDS + 1).changes.all()) for repository in repositories] == [
        FILES
    ] * 2


def test_the_same_new_folders_in_opposite_orders_are_saved_by_both(transactional_db: None, now: datetime) -> None:
    repositories = [own_repository(make_account(), now) for _ in range(2)]
    trees = [(f"{index:064x}", b"{}") for index in range(8_000)]

    def save(repository: Repository, rows: list[tuple[str, bytes]]) -> None:
        with transaction.atomic():
            state._save(repository, dict(rows), {})

    acts = [lambda: save(repositories[0], trees), lambda: save(repositories[1], trees[::-1])]
    for outcome in at_once(list(acts)):
        outcome.result()
    assert Tree.objects.filter(body=b"{}").count() == len(trees)
