"""After a restore of something older: what the log says is gone goes again."""

from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from hub.accounts.erasure import erase_account
from hub.accounts.models import Account
from hub.moderation.redacting import redact
from hub.moderation.restoring import Applied, apply_erasures
from hub.repositories.models import Repository, Revision
from hub.uploads import takedowns
from hub.uploads.models import Blob, Holding
from hub.uploads.selectors import blob_store
from ledger.comparing import Comparison
from ledger.models import Details, Entry
from ledger.selectors import to_view
from ledger.sequencer import sequence
from ledger.services import create_log
from tests.hub.factories import make_account
from tests.hub.moderation.conftest import DIGEST, SECRET, is_stored, remove

pytestmark = pytest.mark.django_db
LATER = timedelta(days=3)


@pytest.fixture
def erased(patients: Repository, mona: Account, now: datetime) -> Account:
    """A file taken down, words redacted, an account erased. Then all three come back, as with an older backup."""
    create_log(now)
    zaphod = make_account("zaphod-b", email="zaphod@heartofgold.example")
    sequence()
    told = Entry.objects.filter(type="revision.published").order_by("id")[1]
    kept = list(Details.objects.order_by("pk").values("pk", "salt", "body"))
    people = (
        Account.objects.filter(pk=zaphod.pk).values("username", "email", "is_active", "erased", "date_joined").get()
    )
    blob = Blob.objects.filter(pk=DIGEST).values("stored", "verified").get()
    remove(mona, DIGEST, now)
    redact(account=mona, index=told.leaf_index or 0, group="message", reason="personal_data", now=now)
    erase_account(zaphod, now)
    for row in kept:
        Details.objects.filter(pk=row["pk"]).update(salt=row["salt"], body=row["body"])
    Revision.objects.filter(entry=told).update(message="A reason.")
    Account.objects.filter(pk=zaphod.pk).update(**people)
    none = {"taken_down": None, "takedown_reason": "", "takedown_entry": None, "removed": None}
    Blob.objects.filter(pk=DIGEST).update(**none, **blob)
    path = blob_store().path(DIGEST)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(SECRET.encode())
    return zaphod


def test_everything_that_came_back_goes_again(erased: Account, now: datetime) -> None:
    assert apply_erasures(now + LATER) == Applied(accounts=1, words=1, files=1, waiting=0)
    account = Account.objects.get(pk=erased.pk)
    assert (account.email, account.is_active, account.erased) == ("", False, now)
    assert account.username.startswith("erased-")
    assert not Revision.objects.filter(message="A reason.", number=2).exists()
    blob = Blob.objects.get(pk=DIGEST)
    assert (blob.taken_down, blob.takedown_reason, blob.removed) == (now, "personal_data", now + LATER)
    assert not is_stored(DIGEST)
    assert Entry.objects.filter(type="account.erased").count() == 1


def test_a_second_time_changes_nothing(erased: Account, now: datetime) -> None:
    apply_erasures(now)
    assert apply_erasures(now) == Applied(accounts=0, words=0, files=0, waiting=0)


def test_a_file_of_which_the_backup_knows_nothing_stays_away_all_the_same(erased: Account, now: datetime) -> None:
    from hub.repositories.models import FileChange

    FileChange.objects.filter(blob=DIGEST).update(blob=None)
    FileChange.objects.filter(old_blob=DIGEST).update(old_blob=None)
    Holding.objects.filter(blob=DIGEST).delete()
    Blob.objects.filter(pk=DIGEST).delete()
    assert apply_erasures(now).files == 1
    assert Blob.objects.get(pk=DIGEST).taken_down == now
    assert not is_stored(DIGEST)


def _differing() -> set[str]:
    views = [to_view(row) for row in Entry.objects.order_by("id").prefetch_related("detail_groups")]
    return {found.slot[0] for found in Comparison().compare(views)}


def test_the_audit_finds_what_came_back_and_agrees_once_it_is_gone(erased: Account, now: datetime) -> None:
    assert _differing() == {"uploads.Blob", "accounts.Account", "ledger.Details"}
    apply_erasures(now)
    assert _differing() == set()


def test_the_command_says_what_it_did(erased: Account) -> None:
    said = StringIO()
    call_command("apply_erasures", stdout=said)
    assert said.getvalue() == "Gone again: 1 accounts, 1 groups of words, 1 files.\n"


def test_the_command_fails_while_a_file_cannot_be_removed(erased: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(sha: str) -> None:
        raise OSError("the disk is away")

    monkeypatch.setattr(takedowns, "_forget", [full])
    with pytest.raises(CommandError, match="1 files could not be removed yet"):
        call_command("apply_erasures", stdout=StringIO())
