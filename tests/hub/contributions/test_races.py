"""Somebody acts while the account is being erased, on real connections."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from django.db import connection, transaction

from hub.accounts.erasure import erase_account
from hub.accounts.models import Account
from hub.accounts.services import change_profile, create_token
from hub.contributions import services
from hub.contributions.models import Comment, Contribution
from hub.errors import HubError, Invalid, NotAllowed
from hub.repositories.models import Repository
from hub.repositories.services import create_repository
from hub.uploads.models import Upload
from hub.uploads.services import hold_bytes, start_upload
from ledger.models import Details, Entry
from tests.hub.contributions.conftest import Clock, Propose
from tests.hub.repositories.conftest import CARD
from web.threads import with_connections

pytestmark = pytest.mark.django_db(transaction=True)
LONGEST = 60


@contextmanager
def queued(account: Account, acts: list[Callable[[], object]]) -> Iterator[list[Future[object]]]:
    """The acts have begun, one after the other, and all of them wait for locks; leaving lets them go in this order."""
    with ThreadPoolExecutor(len(acts)) as threads:
        with transaction.atomic():
            Account.objects.select_for_update().get(pk=account.pk)
            begun = []
            for number, act in enumerate(acts, 1):
                begun.append(threads.submit(with_connections, act))
                wait_for(number)
        yield begun


def wait_for(waiting: int) -> None:
    """Until so many connections wait for somebody's lock."""
    end = time.monotonic() + LONGEST
    while time.monotonic() < end:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0] >= waiting:
                return
        time.sleep(0.02)
    raise AssertionError(f"{waiting} connections never waited at once")


def kept_words() -> list[str]:
    """What is left of words in the details of entries and in tables."""
    found = [bytes(body or b"").decode() for body in Details.objects.exclude(body=None).values_list("body", flat=True)]
    for contribution in Contribution.objects.all():
        found += [contribution.title, contribution.reason]
    return [*found, *Comment.objects.values_list("text", flat=True)]


def erased_while(bob: Account, act: Callable[[], object], now: datetime, refusal: type[HubError] = NotAllowed) -> None:
    """The account is erased while the act waits, which is refused then."""
    with queued(bob, [lambda: erase_account(Account.objects.get(pk=bob.pk), now), act]) as (erasing, acting):
        erasing.result(LONGEST)
        with pytest.raises(refusal):
            acting.result(LONGEST)
    assert not any("secret" in words for words in kept_words())
    assert Entry.objects.filter(actor=bob.actor).latest("id").type == "account.erased"


def test_words_proposed_while_the_account_is_erased_are_not_kept(
    cells: Repository, propose: Propose, bob: Account, later: Clock
) -> None:
    erased_while(bob, lambda: propose(title="a secret", reason="a secret"), later())
    assert not Contribution.objects.exists()


def test_a_contribution_to_the_own_repository_and_the_erasure_do_not_wait_for_each_other(
    cells: Repository, propose: Propose, alice: Account, later: Clock
) -> None:
    erased_while(alice, lambda: propose(account=alice, title="a secret"), later())


def test_a_new_version_and_the_erasure_do_not_wait_for_each_other(
    cells: Repository, propose: Propose, bob: Account, later: Clock
) -> None:
    contribution, moment = propose(title="a secret"), later()
    erased_while(
        bob,
        lambda: services.update_contribution(account=bob, contribution=contribution, title="secret 2", now=moment),
        later(),
    )


def test_proposed_uploads_and_the_erasure_do_not_wait_for_each_other(
    cells: Repository, bob: Account, later: Clock
) -> None:
    blob = hold_bytes(bob, b"sent", later())
    upload = Upload.objects.create(
        account=bob, purpose="revision", name="sent.txt", size=4, part_size=4, part_count=1, state="stored",
        blob=blob, created=later(), touched=later(),
    )  # fmt: skip

    def act() -> Any:
        changes = [services.Change("sent.txt", upload=upload.pk)]
        return services.open_contribution(
            account=bob, repository=cells, changes=changes, title="a secret", reason="", kind="data", now=later()
        )

    # The upload goes with the account, so the bytes are missing before anything is written down.
    erased_while(bob, act, later(), refusal=Invalid)


def test_a_comment_written_while_the_account_is_erased_is_not_kept(
    cells: Repository, propose: Propose, bob: Account, charlie: Account, later: Clock
) -> None:
    contribution, moment = propose(), later()
    said = lambda: services.comment(account=charlie, contribution=contribution, text="a secret", now=moment)  # noqa: E731
    erased_while(charlie, said, later())
    assert not Comment.objects.exists()


@pytest.mark.parametrize("what", ["profile", "token", "upload"])
def test_nothing_is_kept_of_what_an_account_says_of_itself_while_it_is_erased(
    bob: Account, later: Clock, what: str
) -> None:
    moment = later()
    acts: dict[str, Callable[[], object]] = {
        "profile": lambda: change_profile(bob, display_name="a secret", bio="a secret"),
        "token": lambda: create_token(bob, "a secret", "read", moment),
        "upload": lambda: start_upload(bob, "secret.txt", 1, "revision", moment),
    }
    erased_while(bob, acts[what], later())
    bob.refresh_from_db()
    assert (bob.display_name, bob.bio) == ("", "")
    assert not bob.tokens.exists()
    assert not Upload.objects.exists()


def test_what_was_proposed_just_before_goes_with_the_account(
    cells: Repository, propose: Propose, bob: Account, later: Clock
) -> None:
    acts: list[Callable[[], object]] = [
        lambda: propose(title="a secret", reason="a secret"),
        lambda: erase_account(Account.objects.get(pk=bob.pk), later()),
    ]
    with queued(bob, acts) as (proposing, erasing):
        assert proposing.result(LONGEST)
        erasing.result(LONGEST)
    assert Contribution.objects.count() == 1
    assert not any("secret" in words for words in kept_words())


def test_acts_of_one_account_do_not_wait_crosswise(cells: Repository, bob: Account, now: datetime) -> None:
    """Each writes an entry first and spends quota afterwards."""

    def create(name: str) -> Callable[[], object]:
        return lambda: create_repository(
            account=bob, kind="dataset", name=name, visibility="public", card=f"{CARD}\n{name}\n", now=now
        )

    with queued(bob, [create("one"), create("two")]) as begun:
        for made in begun:
            made.result(LONGEST)
    assert Repository.objects.filter(owner=bob).count() == 2
