"""A file's bytes over HTTP: headers, ranges, refusals, tokens."""

from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from hub.accounts.models import Account
from hub.repositories import selectors
from hub.repositories.models import Repository, Revision
from tests.hub.repositories.paging import BASE

pytestmark = pytest.mark.django_db


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def test_bytes_come_with_the_headers_that_clients_need(client: Client, rich: Repository) -> None:
    revision = Revision.objects.get(number=3)
    file = selectors.file_at(revision, "cells.csv")
    head = client.head(f"{BASE}/resolve/main/cells.csv")
    response = client.get(f"{BASE}/resolve/main/cells.csv")
    assert body(response) == selectors.read_bytes(file, 1_000)
    for each in (head, response):
        assert each["X-Repo-Commit"] == revision.commit
        assert each["ETag"] == f'"{file.sha256}"'
        assert each["Content-Length"] == str(file.size)
        assert each["X-Content-Type-Options"] == "nosniff"
        assert each["Content-Disposition"].startswith("attachment")
        assert "sandbox" in each["Content-Security-Policy"]
        assert not each.has_header("X-Linked-Etag")
    part = client.get(f"{BASE}/resolve/main/cells.csv", headers={"Range": "bytes=2-4"})
    assert (part.status_code, body(part)) == (206, b"diu")
    large = client.head(f"{BASE}/resolve/main/blob.bin")
    assert (large["X-Linked-Size"], large["X-Linked-Etag"]) == ("2", large["ETag"])


def test_what_has_a_commit_in_its_address_is_kept_for_minutes_because_it_may_be_taken_down(
    client: Client, rich: Repository, private: Repository
) -> None:
    commit = Revision.objects.get(number=3).commit
    assert client.head(f"{BASE}/resolve/{commit}/cells.csv")["Cache-Control"] == "public, max-age=300"
    assert client.head(f"{BASE}/resolve/main/cells.csv")["Cache-Control"] == "public, no-cache"
    client.force_login(private.owner)
    assert client.head("/datasets/alice/secret/resolve/main/README.md")["Cache-Control"] == "private, no-cache"


def test_pictures_keep_their_type_and_nothing_else_does(client: Client, rich: Repository) -> None:
    assert client.head(f"{BASE}/resolve/main/plot.svg")["Content-Type"] == "image/svg+xml"
    assert client.head(f"{BASE}/resolve/main/docs/method.md")["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize(
    ("address", "status", "code", "commit"),
    [
        ("/datasets/alice/nothing/resolve/main/a", 404, "RepoNotFound", False),
        (f"{BASE}/resolve/nothing/a", 404, "RevisionNotFound", False),
        (f"{BASE}/resolve/main/nothing", 404, "EntryNotFound", True),
        (f"{BASE}/resolve/main/docs", 404, "EntryNotFound", True),
        (f"{BASE}/resolve/main/{quote('データ.csv')}", 404, "EntryNotFound", True),
    ],
)
def test_refusals_are_readable_for_clients(
    client: Client, rich: Repository, address: str, status: int, code: str, commit: bool
) -> None:
    response = client.get(address)
    assert (response.status_code, response["X-Error-Code"]) == (status, code)
    assert response.json()["error"]
    assert response["X-Error-Message"].isascii()
    assert response.has_header("X-Repo-Commit") is commit


def test_a_token_opens_what_its_account_may_read(
    client: Client, private: Repository, alice: Account, bob: Account
) -> None:
    from tests.hub.factories import make_token

    address = "/datasets/alice/secret/resolve/main/README.md"
    read = {"Authorization": f"Bearer {make_token(alice, 'read')}"}
    assert client.head(address, headers=read).status_code == 200
    assert client.get(address, headers={"Authorization": f"Bearer {make_token(bob)}"}).status_code == 404
    bad = client.get(address, headers={"Authorization": "Bearer akashi_wrong"})
    assert (bad.status_code, bad["X-Error-Message"]) == (401, "Invalid credentials in Authorization header")
