"""Erasing an account: what is personal goes, the log and its proofs stay."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client

from hub.accounts import own_data, selectors
from hub.accounts.erasure import erase_account, export_account
from hub.accounts.models import Account
from hub.accounts.services import authenticate_token, change_profile
from hub.errors import Conflict
from hub.repositories.services import create_repository
from ledger import selectors as ledger
from ledger import services as ledger_services
from ledger.merkle import Node, inclusion_proof, leaf_hash, node_hash, verify_inclusion
from ledger.models import Details, Log
from ledger.sequencer import sequence
from tests.hub.factories import NOW, PASSWORD, make_account, make_token

pytestmark = pytest.mark.django_db
LATER = datetime(2026, 12, 1, 8, tzinfo=UTC)
HANDLE, MAIL, NAME, BIO = "zaphod-b", "zaphod@heartofgold.example", "Zaphod Beeblebrox", "Former president."


@pytest.fixture
def zaphod(client: Client) -> Account:
    client.post("/accounts/signup/", {"username": HANDLE, "password1": PASSWORD, "email": MAIL})
    account = Account.objects.get()
    change_profile(account, display_name=NAME, bio=BIO)
    return account


def _all_text_of_the_database() -> str:
    """Every row of every table, as text."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            found += [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT convert_from(body, 'UTF8') FROM ledger_details WHERE body IS NOT NULL")
        found += [row[0] for row in cursor.fetchall()]
    sessions = [json.dumps(session.get_decoded(), default=str) for session in Session.objects.all()]
    return "\n".join(found + sessions)


def test_nothing_personal_is_left_in_any_table(zaphod: Account) -> None:
    make_token(zaphod)
    before = _all_text_of_the_database()
    assert all(secret in before for secret in (HANDLE, MAIL, NAME, BIO))
    erase_account(zaphod, LATER)
    after = _all_text_of_the_database()
    assert not any(secret in after for secret in (HANDLE, MAIL, NAME, BIO))


def test_nothing_personal_is_left_in_a_repository_either(zaphod: Account, settings: Any, tmp_path: Path) -> None:
    settings.BLOB_DIR = tmp_path
    create_repository(
        account=zaphod, kind="dataset", name="cells", visibility="public", card="# Cells", message=BIO, now=NOW
    )
    assert BIO in _all_text_of_the_database()
    erase_account(zaphod, LATER)
    after = _all_text_of_the_database()
    assert not any(secret in after for secret in (HANDLE, MAIL, NAME, BIO))


def test_what_stays_is_a_pseudonym_and_two_entries(zaphod: Account) -> None:
    erase_account(zaphod, LATER)
    registered, erased = ledger.entries_by_actor(zaphod.actor)
    assert (registered.type, erased.type) == ("account.registered", "account.erased")
    assert registered.erased == {"handle"} and registered.details == {}
    assert erased.data == {} and erased.time == LATER
    assert zaphod.username == f"erased-{zaphod.pseudonym}"
    assert selectors.handles_of([zaphod.pseudonym]) == {}
    assert not Details.objects.filter(salt__isnull=False).exists()


def test_every_proof_verifies_as_before(zaphod: Account) -> None:
    ledger_services.create_log(NOW)
    make_account("trillian")
    sequence()
    bodies = [entry.body for entry in ledger.entries_between(0, 10)]
    root = bytes(Log.objects.get().root)
    erase_account(zaphod, LATER)
    entries = ledger.entries_between(0, 10)
    assert [entry.body for entry in entries] == bodies and len(bodies) == 3

    def read(nodes: Sequence[Node]) -> list[bytes]:
        return [_node(bodies, node.level, node.index) for node in nodes]

    for index, entry in enumerate(entries):
        verify_inclusion(leaf_hash(entry.body), index, 3, inclusion_proof(read, index, 3), root)


def _node(bodies: list[bytes], level: int, index: int) -> bytes:
    if level == 0:
        return leaf_hash(bodies[index])
    return node_hash(_node(bodies, level - 1, 2 * index), _node(bodies, level - 1, 2 * index + 1))


def test_nobody_signs_in_as_an_erased_account_any_more(zaphod: Account, client: Client) -> None:
    token = make_token(zaphod)
    erase_account(zaphod, LATER)
    assert authenticate_token(token, LATER) is None
    assert client.get("/settings/profile").status_code == 302
    for login in (HANDLE, MAIL, zaphod.username):
        assert client.post("/accounts/login/", {"login": login, "password": PASSWORD}).status_code == 200
    assert (
        not EmailAddress.objects.exists()
        and not Session.objects.exclude(session_data="")
        .filter(session_key__in=[client.cookies["sessionid"].value])
        .exists()
    )


def test_another_s_session_is_left_alone(zaphod: Account) -> None:
    other = Client()
    other.force_login(make_account("trillian"))
    erase_account(zaphod, LATER)
    assert other.get("/settings/profile").status_code == 200


def test_the_handle_is_free_again_and_another_person(zaphod: Account) -> None:
    erase_account(zaphod, LATER)
    again = make_account(HANDLE)
    assert again.pseudonym != zaphod.pseudonym


def test_erasing_twice_is_refused(zaphod: Account) -> None:
    erase_account(zaphod, LATER)
    with pytest.raises(Conflict):
        erase_account(zaphod, LATER)


def test_when_a_feature_cannot_erase_its_part_nothing_is_erased(
    zaphod: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(account: Account, now: datetime) -> None:
        raise OSError("the store is away")

    monkeypatch.setattr(own_data, "_parts", {})
    own_data.register("broken", export=lambda account: [], erase=fail)
    with pytest.raises(OSError):
        erase_account(zaphod, LATER)
    zaphod.refresh_from_db()
    assert zaphod.username == HANDLE and zaphod.erased is None
    assert [entry.type for entry in ledger.entries_by_actor(zaphod.actor)] == ["account.registered"]


def test_the_export_holds_everything_about_oneself(zaphod: Account) -> None:
    make_token(zaphod)
    found = json.loads(json.dumps(export_account(zaphod), default=str))
    assert found["account"]["handle"] == HANDLE
    assert found["email_addresses"] == [{"email": MAIL, "verified": False, "primary": True}]
    assert found["tokens"][0]["name"] == "tests" and "digest" not in found["tokens"][0]
    assert found["entries"][0]["details"] == {"handle": {"handle": HANDLE}}
    assert json.loads(found["entries"][0]["entry"])["actor"] == zaphod.actor


def test_every_personal_column_of_an_account_is_exported_or_secret() -> None:
    exported = set(export_account(make_account("alice"))["account"])
    columns = {field.name for field in apps.get_model("accounts.Account")._meta.fields}
    renamed = {"username": "handle", "date_joined": "registered", "last_login": "last_sign_in"}
    about_the_site = {"id", "password", "is_staff", "is_superuser", "is_active", "erased", "hub_reviewer", "moderator"}
    assert {renamed.get(name, name) for name in columns - about_the_site} == exported


def test_the_page_asks_for_handle_and_password(zaphod: Account, client: Client) -> None:
    page = client.get("/settings/erase").content.decode()
    assert "What stays" in page
    for handle, password in (("zaphod", PASSWORD), (HANDLE, "wrong"), ("", "")):
        assert client.post("/settings/erase", {"handle": handle, "password": password}).status_code == 422
    assert Account.objects.filter(erased=None).exists()
    answer = client.post("/settings/erase", {"handle": HANDLE.upper(), "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert not Account.objects.filter(erased=None).exists()
    assert HANDLE not in _all_text_of_the_database()


def test_the_export_page_sends_a_file(zaphod: Account, client: Client, browser: Callable[[Account], Client]) -> None:
    answer = browser(zaphod).get("/settings/data/export")
    assert answer["Content-Disposition"] == f'attachment; filename="akashi-{HANDLE}.json"'
    assert "no-store" in answer["Cache-Control"]
    assert json.loads(answer.content)["account"]["bio"] == BIO
