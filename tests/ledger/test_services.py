"""Recording, erasing, and creating the log."""

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from pytest_django import Settings

from ledger import selectors, services
from ledger.entry import group_digest
from ledger.errors import BadEntry, BadOrigin, NotFound, NotInTransaction, WrongKey
from ledger.models import Details, Entry, Log
from ledger.note import Ed25519Key
from tests.ledger.conftest import ACTOR, ORIGIN, REPOSITORY, Ledger

TIME = datetime(2026, 11, 17, 9, 41, 7, 412_987, tzinfo=UTC)
REVISION = "rev:" + 64 * "7"


def record(**fields: object) -> Entry:
    usual = {"type": "test.happened", "subject": REPOSITORY, "actor": ACTOR, "time": TIME, "data": {"n": 1}}
    return services.record(**{**usual, **fields})  # type: ignore[arg-type]


@pytest.mark.django_db(transaction=True)
def test_an_entry_is_refused_outside_a_transaction() -> None:
    with pytest.raises(NotInTransaction):
        record()
    assert not Entry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_entry_goes_with_the_change_it_tells_of() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        record(details={"message": {"message": "never happened"}})
        raise RuntimeError
    assert not Entry.objects.exists()
    assert not Details.objects.exists()


def test_the_bytes_are_canonical_and_frozen(db: None) -> None:
    entry = record(data={"b": 1, "a": "é"})
    body = bytes(Entry.objects.get(pk=entry.pk).body)
    assert (
        body
        == (
            f'{{"actor":"{ACTOR}","akashi":1,"data":{{"a":"é","b":1}},"details":{{}},"subject":"{REPOSITORY}",'
            f'"time":"2026-11-17T09:41:07.412Z","type":"test.happened"}}'
        ).encode()
    )


def test_an_entry_is_pending_until_it_is_sequenced(db: None) -> None:
    assert record().leaf_index is None


def test_the_time_is_cut_to_what_the_entry_holds(db: None) -> None:
    assert record().time == TIME.replace(microsecond=412_000)


def test_details_stand_beside_the_entry_under_their_own_salts(db: None) -> None:
    entry = record(details={"name": {"name": "heart"}, "message": {"message": "heart"}})
    groups = {row.group: row for row in Details.objects.filter(entry=entry)}
    assert b"heart" not in bytes(entry.body)
    assert groups["name"].salt != groups["message"].salt
    for group, row in groups.items():
        assert row.salt is not None
        assert row.body is not None
        digest = group_digest(bytes(row.body), bytes(row.salt))
        assert json.loads(bytes(entry.body))["details"][group] == digest.hex() == bytes(row.digest).hex()


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "Test"},
        {"subject": "alice"},
        {"actor": "alice"},
        {"data": {"x": 1.5}},
        {"data": {"x": 2**53}},
        {"data": {"x": "y" * 70_000}},
        {"time": datetime(2026, 1, 1)},
        {"related": ["nothing"]},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_what_breaks_the_format_is_refused(db: None, fields: dict[str, object]) -> None:
    with pytest.raises(BadEntry):
        record(**fields)
    assert not Entry.objects.exists()


def test_an_entry_is_found_from_every_subject_it_mentions(db: None) -> None:
    entry = record(subject=REVISION, related=[REPOSITORY, REVISION, REPOSITORY])
    assert entry.related == [REPOSITORY]
    for subject in (REVISION, REPOSITORY):
        assert [view.uid for view in selectors.entries_about(subject).items] == [entry.uid]


def test_erased_details_are_gone_and_their_digest_stays(db: None) -> None:
    entry = record(details={"name": {"name": "heart"}, "message": {"message": "why"}})
    services.erase_details(entry.uid, "name")
    view = selectors.entry_by_uid(entry.uid)
    assert view.details == {"message": {"message": "why"}}
    assert view.erased == {"name"}
    assert set(view.digests) == {"name", "message"}
    assert Details.objects.get(group="name").salt is None


def test_erasing_twice_is_the_same_as_once(db: None) -> None:
    entry = record(details={"name": {"name": "heart"}})
    for _ in range(2):
        services.erase_details(entry.uid, "name")
    assert selectors.entry_by_uid(entry.uid).details == {}


def test_only_details_that_exist_can_be_erased(db: None) -> None:
    entry = record()
    for uid in (entry.uid, uuid4()):
        with pytest.raises(NotFound):
            services.erase_details(uid, "name")


# --- the log -------------------------------------------------------------------------------------
def test_the_log_is_made_once(bare: Ledger) -> None:
    before = Log.objects.values().get()
    services.create_log(bare.pass_time(60))
    assert Log.objects.values().get() == before
    assert Entry.objects.count() == 1


def test_the_first_entry_names_the_log_and_its_key(bare: Ledger) -> None:
    data = json.loads(bytes(Entry.objects.get().body))["data"]
    key = Ed25519Key.from_vkey(bare.log.verifier_key)
    assert data == {"origin": ORIGIN, "keys": [key.key_id.hex()]}


def test_with_a_contract_the_first_entry_names_the_operators_key_too(ledger: Ledger) -> None:
    keys = json.loads(bytes(Entry.objects.get().body))["data"]["keys"]
    assert len(keys) == 2


def test_the_key_file_is_readable_by_its_owner_alone(bare: Ledger, settings: Settings) -> None:
    assert settings.LOG_KEY_FILE.stat().st_mode & 0o777 == 0o400
    assert settings.LOG_KEY_FILE.read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----")
    assert [path.name for path in settings.LOG_KEY_FILE.parent.iterdir()] == ["log.pem"]


def test_a_key_that_is_there_is_taken(bare: Ledger, settings: Settings) -> None:
    key = settings.LOG_KEY_FILE.read_bytes()
    Log.objects.all().delete()
    assert services.create_log(bare.now).verifier_key == bare.log.verifier_key
    assert settings.LOG_KEY_FILE.read_bytes() == key


def test_a_log_without_its_key_says_so(bare: Ledger, settings: Settings) -> None:
    settings.LOG_KEY_FILE.unlink()
    with pytest.raises(WrongKey):
        services.create_log(bare.now)


def test_another_key_is_refused(bare: Ledger, settings: Settings, tmp_path: Path) -> None:
    Log.objects.update(verifier_key=Ed25519Key(ORIGIN, bytes(32)).vkey)
    with pytest.raises(WrongKey):
        services.create_log(bare.now)


def test_a_log_keeps_its_name(bare: Ledger, settings: Settings) -> None:
    settings.LOG_ORIGIN = "example.org/other"
    with pytest.raises(WrongKey):
        services.create_log(bare.now)


def test_without_a_name_one_is_made(db: None, folders: Path, settings: Settings, now: datetime) -> None:
    settings.LOG_ORIGIN = ""
    name, _, number = services.create_log(now).origin.rpartition("/")
    assert name == "akashi.local"
    assert len(bytes.fromhex(number)) == 4


@pytest.mark.parametrize("origin", ["two words", "a+b", "x" * 91])
def test_a_name_that_no_log_may_have_is_refused(
    db: None, folders: Path, settings: Settings, now: datetime, origin: str
) -> None:
    settings.LOG_ORIGIN = origin
    with pytest.raises(BadOrigin):
        services.create_log(now)
    assert not settings.LOG_KEY_FILE.exists()


def test_the_command_prints_name_and_key(db: None, folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("create_log")
    assert capsys.readouterr().out.splitlines() == [ORIGIN, Log.objects.get().verifier_key]


def test_the_command_says_what_is_wrong(bare: Ledger, settings: Settings) -> None:
    settings.LOG_KEY_FILE.unlink()
    with pytest.raises(CommandError, match="key cannot be read"):
        call_command("create_log")
