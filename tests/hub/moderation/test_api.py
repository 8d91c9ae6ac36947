"""Removals by the API: moderators act, everybody reads what was taken down."""

from datetime import datetime
from hashlib import sha256

import pytest

from hub.accounts.models import Account
from hub.repositories.models import Repository, Revision
from hub.uploads.models import Blob
from ledger.models import Entry
from ledger.sequencer import sequence
from ledger.services import create_log
from tests.hub.moderation.conftest import DIGEST, SECRET, remove
from tests.hub.repositories.calling import Caller, caller, refused, text

pytestmark = pytest.mark.django_db
TAKEDOWNS, REDACTIONS, UPLOADS = "/api/v1/takedowns", "/api/v1/redactions", "/api/v1/uploads"
WANTED = {"digest": DIGEST, "reason": "malware", "words": "It runs code."}


def test_a_moderator_takes_a_file_down_once(patients: Repository, mona: Account) -> None:
    api = caller(mona)
    key = {"Idempotency-Key": "0001"}
    answer = api.post(TAKEDOWNS, WANTED, **key)
    assert answer.status_code == 201, answer.content
    said = answer.json()
    assert (said["digest"], said["reason"], said["removed"]) == (DIGEST, "malware", None)
    assert said["entry"]["uid"] == str(Entry.objects.get(type="content.taken_down").uid)
    assert api.post(TAKEDOWNS, WANTED, **key).json() == said
    refused(api.post(TAKEDOWNS, WANTED), 409)


def test_everybody_reads_the_list(patients: Repository, mona: Account, now: datetime) -> None:
    other = sha256(b"a\n1\n").hexdigest()
    remove(mona, DIGEST, now)
    remove(mona, other, now.replace(hour=12))
    listed = Caller().get(TAKEDOWNS).json()["results"]
    assert [each["digest"] for each in listed] == [other, DIGEST]
    assert listed[1]["removed"] is not None


def test_a_member_and_a_stranger_may_not(patients: Repository, alice: Account) -> None:
    refused(caller(alice).post(TAKEDOWNS, WANTED), 403)
    refused(Caller().post(TAKEDOWNS, WANTED), 401)
    refused(caller(alice).post(REDACTIONS, {"entry": 1, "group": "message", "reason": "other"}), 403)
    assert Blob.objects.get(pk=DIGEST).taken_down is None


def test_a_token_that_may_only_read_cannot(patients: Repository, mona: Account) -> None:
    refused(caller(mona, scope="read").post(TAKEDOWNS, WANTED), 403)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({**WANTED, "reason": "because"}, 422),
        ({**WANTED, "reason": None}, 422),
        ({**WANTED, "words": "x" * 2_001}, 422),
        ({**WANTED, "digest": "z" * 64}, 422),
        ({**WANTED, "digest": "0" * 64}, 404),
        ({"digest": DIGEST}, 422),
        ([], 400),
    ],
)
def test_what_cannot_be_is_refused_in_words(patients: Repository, mona: Account, body: object, status: int) -> None:
    refused(caller(mona).post(TAKEDOWNS, body), status)
    assert Blob.objects.get(pk=DIGEST).taken_down is None


def test_the_digest_is_refused_at_every_door(
    patients: Repository, mona: Account, alice: Account, now: datetime
) -> None:
    remove(mona, DIGEST, now)
    api = caller(alice)
    new = {"name": "again.csv", "size": len(SECRET), "purpose": "revision", "sha256": DIGEST}
    assert "taken down" in refused(api.post(UPLOADS, new), 410)["detail"]
    refused(api.publish(patients, changes=[text("again.csv", SECRET)]), 410)
    assert patients.revisions.count() == 3


def test_files_of_a_revision_keep_the_digest(patients: Repository, mona: Account, now: datetime) -> None:
    revision = patients.revisions.get(number=2)
    before = Caller().get(f"/api/v1/revisions/{revision.pk}").json()
    remove(mona, DIGEST, now)
    assert Caller().get(f"/api/v1/revisions/{revision.pk}").json() == before


def test_words_are_redacted(patients: Repository, mona: Account, now: datetime) -> None:
    create_log(now)
    sequence()
    entry = Entry.objects.filter(type="revision.published", detail_groups__group="message").order_by("id")[0]
    wanted = {"entry": entry.leaf_index, "group": "message", "reason": "personal_data"}
    answer = caller(mona).post(REDACTIONS, wanted)
    assert answer.status_code == 201, answer.content
    assert answer.json()["entry"]["uid"] == str(Entry.objects.get(type="content.redacted").uid)
    assert Revision.objects.get(entry=entry).message == ""
    refused(caller(mona).post(REDACTIONS, wanted), 409)
    refused(caller(mona).post(REDACTIONS, {**wanted, "group": "name"}), 404)
    refused(caller(mona).post(REDACTIONS, {**wanted, "entry": -1}), 422)
