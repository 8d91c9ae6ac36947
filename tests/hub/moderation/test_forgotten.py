"""After an account is erased, nothing that anybody can reach says who it was: pages, API, files, tables, cache, queue.

One person leaves a word of their own in everything that people can write, in their handle and their address. Then the account
is erased, and everything that can be reached is read for that word. What the policy leaves (`docs/operations.md`) is not
written with it here: a repository's name, published files and their paths, what others wrote.
"""

import base64
import re
import zlib
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import Resolver404, resolve
from redis import Redis

from hub.accounts.models import Account
from hub.accounts.moderators import grant_moderator
from hub.accounts.reviewers import grant_reviewer
from hub.accounts.services import change_profile
from hub.contributions import services as contributions
from hub.contributions.models import Contribution
from hub.moderation.redacting import redact
from hub.repositories.changes import Change
from hub.repositories.models import Repository
from hub.repositories.services import add_maintainer, create_repository, publish_revision
from hub.reviews.models import Work
from hub.reviews.services import appeal, assess, submit_work
from hub.uploads.services import start_upload
from ledger.models import Entry
from tests.hub.factories import PASSWORD, make_account
from tests.hub.repositories.calling import caller
from tests.hub.repositories.conftest import CARD
from tests.hub.verdicts import decide
from tests.ledger.conftest import Ledger, folders, ledger, node

__all__ = ["folders", "ledger", "node"]
MARK = "qzxvmarker"
MAIL = f"{MARK}@heartofgold.example"
START = ["/", "/models", "/datasets", "/search?q=cells", "/ledger", "/reviews", "/rewards", "/status", "/verify", "/contribute",
         "/reviews/takedowns", "/log/checkpoint", "/api/v1/schema", "/api/v1/repositories", "/api/v1/contributions",
         "/api/v1/reviews", "/api/v1/works", "/api/v1/entries", "/api/v1/checkpoints", "/api/v1/anchors", "/api/v1/epochs",
         "/api/v1/takedowns"]  # fmt: skip
LINK = re.compile(r'(?:href|src|action)="(/[^"#]*)|"(?:url|next|checks_url)":"(?:http://testserver)?(/[^"]*)"')
LEAVE = ("/static/", "/accounts/", "/settings/", "/preferences")


@pytest.fixture
def places(ledger: Ledger, settings: LazySettings, tmp_path: Path) -> list[Path]:
    """Every folder that the hub writes to."""
    settings.BLOB_DIR, settings.UPLOAD_DIR = tmp_path / "blobs", tmp_path / "uploads"
    settings.EPOCH_DIR = tmp_path / "epochs"
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    return [settings.BLOB_DIR, settings.UPLOAD_DIR, settings.EPOCH_DIR, settings.LOG_DIR, tmp_path / "mail"]


@pytest.fixture
def person(places: list[Path], client: Client, now: datetime) -> Account:
    """Signed up by the form, and by now everything that a person can be."""
    _valkey().flushdb()
    client.post("/accounts/signup/", {"username": MARK, "password1": PASSWORD, "email": MAIL})
    account = Account.objects.get(username=MARK)
    change_profile(account, display_name=f"Name {MARK}", bio=f"Bio {MARK}")
    client.post("/accounts/password/reset/", {"email": MAIL})
    grant_reviewer(account=account, now=now)
    grant_moderator(account=account, now=now)
    account.refresh_from_db()
    return account


@pytest.fixture
def traces(person: Account, ledger: Ledger, now: datetime) -> Account:
    """Words of the person in everything that people write; returns another member, who sees it all."""
    bob, carol = make_account("bob"), make_account("carol")
    own, theirs = _repository(person, "cells", f"Message {MARK}", now), _repository(bob, "tissue", "", now)
    third = _repository(carol, "blood", "", now)
    add_maintainer(account=bob, repository=theirs, handle="carol")
    # A proposal that is accepted and assessed, one that is declined and appealed, one that is withdrawn.
    accepted, declined, withdrawn = (_propose(person, theirs, number, now) for number in range(3))
    contributions.comment(account=person, contribution=accepted, text=f"Comment {MARK}", now=now)
    contributions.withdraw(account=person, contribution=withdrawn, now=now, reason=f"Withdrawn {MARK}")
    decide(account=bob, contribution=declined, verdict="decline", reason_code="quality", comment="No.", now=now)
    appeal(account=person, contribution=declined, comment=f"Appeal {MARK}", now=now)
    decide(account=bob, contribution=accepted, verdict="accept", comment="Fine.", now=now)
    # Verdicts on what others propose, and an assessment of somebody's work.
    asked = _propose(bob, own, 3, now, words="")
    decide(account=person, contribution=asked, verdict="ask", reason_code="quality", comment=f"Asked {MARK}", now=now)
    assert third.head is not None
    work = submit_work(account=carol, revision=third.head, now=now)
    assess(account=person, work=Work.objects.get(pk=work.pk), effort=3, quality=50, comment=f"Assessed {MARK}", now=now)
    ledger.sequence()
    told = Entry.objects.filter(type="revision.published", subject=f"rev:{third.head_id}").get()
    redact(
        account=person, index=told.leaf_index or 0, group="message", reason="other", words=f"Redacted {MARK}", now=now
    )
    start_upload(person, f"{MARK}.csv", 100, "revision:test", now)
    kept = {"kind": "dataset", "name": "kept", "licence": "mit", "message": f"Kept {MARK}"}
    assert caller(person).post("/api/v1/repositories", kept, **{"Idempotency-Key": "1"}).status_code == 201
    # Others were answered in its repository as well.
    add_maintainer(account=person, repository=own, handle="carol")
    body = {"kind": "data", "message": "A reason.", "changes": [{"path": "carol.csv", "text": "3\n"}]}
    said = caller(carol).post(f"/api/v1/repositories/{own.pk}/revisions", body, **{"Idempotency-Key": "2"})
    assert (said.status_code, MARK in said.content.decode()) == (201, True)
    _publish(ledger)
    return carol


def _repository(owner: Account, name: str, message: str, now: datetime) -> Repository:
    made = create_repository(
        account=owner, kind="dataset", name=name, visibility="public", card=CARD, now=now, message=message or "A reason.",
        files=[Change("cells.csv", content=b"id\n1\n")],
    )  # fmt: skip
    publish_revision(
        account=owner, repository=made, changes=[Change("more.csv", content=b"id\n2\n")], message=message or "A reason.",
        kind="data", now=now,
    )  # fmt: skip
    return Repository.objects.get(pk=made.pk)


def _propose(account: Account, repository: Repository, number: int, now: datetime, words: str = MARK) -> Contribution:
    return contributions.open_contribution(
        account=account, repository=repository, title=f"Title {words}", reason=f"Reason {words}", kind="data", now=now,
        changes=[Change(f"row-{number}.csv", content=f"{number}\n".encode())],
    )  # fmt: skip


def _publish(ledger: Ledger) -> None:
    ledger.sequence()
    ledger.publish()
    ledger.anchor_to_the_end()


def _valkey() -> Redis:
    from django.conf import settings

    return Redis.from_url(settings.CACHES["default"]["LOCATION"])


# --- what can be reached -------------------------------------------------------------------------
def crawl(client: Client, language: str, each: int) -> dict[str, bytes]:
    """Everything that links lead to, at most `each` addresses of every route."""
    client.cookies["akashi_language"] = language
    seen: dict[str, bytes] = {}
    count: dict[str, int] = defaultdict(int)
    waiting = list(START)
    while waiting:
        url = waiting.pop(0).replace("&amp;", "&")
        if url in seen or url.startswith(LEAVE) or not _is_wanted(url, count, each):
            continue
        answer = client.get(url)
        assert answer.status_code < 500, url
        seen[url] = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
        text = seen[url].decode(errors="replace")
        waiting += [first or second for first, second in LINK.findall(text)]
    return seen


def _is_wanted(url: str, count: dict[str, int], each: int) -> bool:
    try:
        found = resolve(url.partition("?")[0])
    except Resolver404:
        return False
    kind = f"{found.view_name} {sorted(key for key in _query(url))}"
    count[kind] += 1
    return count[kind] <= each


def _query(url: str) -> list[str]:
    return [pair.partition("=")[0] for pair in url.partition("?")[2].split("&") if pair]


def in_tables() -> Iterator[tuple[str, bytes]]:
    """Every row of every table as text, bytes as they are, sessions as they read."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            for (row,) in cursor.fetchall():
                raw = b" ".join(bytes.fromhex(found) for found in re.findall(r"\\\\?x((?:[0-9a-f]{2})+)", row))
                yield table, row.encode() + raw
    for session in Session.objects.all():
        yield "session", str(session.get_decoded()).encode()


def in_valkey() -> Iterator[tuple[str, bytes]]:
    """Every key of the cache and of the queue, with what it holds; messages carry their arguments in base64."""
    server = _valkey()
    for database in range(2):
        server.select(database)
        for key in server.scan_iter():
            dump = b" ".join([key, *_values(server, key)])
            decoded = b" ".join(base64.b64decode(found) for found in re.findall(rb'"body": ?"([A-Za-z0-9+/=]+)"', dump))
            yield key.decode(), dump + decoded
    server.close()


def _values(server: Any, key: bytes) -> list[bytes]:
    kind = server.type(key)
    if kind == b"string":
        value = server.get(key)
        return [value, *_unpacked(value)]
    if kind == b"hash":
        return [part for pair in server.hgetall(key).items() for part in pair]
    if kind == b"list":
        return list(server.lrange(key, 0, -1))
    return [
        bytes(member) for member in (server.zrange if kind == b"zset" else lambda k, *_: server.smembers(k))(key, 0, -1)
    ]


def _unpacked(value: bytes) -> list[bytes]:
    try:
        return [zlib.decompress(value)]
    except zlib.error:
        return []


def in_files(folders: list[Path]) -> Iterator[tuple[str, bytes]]:
    for folder in folders:
        for path in folder.rglob("*"):
            yield str(path), str(path.relative_to(folder)).encode() + (path.read_bytes() if path.is_file() else b"")


def speaking(found: Iterator[tuple[str, bytes]] | dict[str, bytes]) -> list[str]:
    """Where the word stands."""
    pairs = found.items() if isinstance(found, dict) else found
    return sorted({where for where, content in pairs if MARK.encode() in content.lower()})


def readers(member: Account) -> Iterator[tuple[str, Client]]:
    yield "anonymous", Client()
    signed_in = Client()
    signed_in.force_login(member)
    yield "member", signed_in


@pytest.mark.parametrize(
    ("each", "languages"),
    [
        (2, {"anonymous": ["en"], "member": ["ja", "zh-hans"]}),
        pytest.param(6, {name: ["en", "ja", "zh-hans"] for name in ("anonymous", "member")}, marks=pytest.mark.soak),
    ],
    ids=["some of every kind", "many of every kind"],
)
def test_nothing_that_can_be_reached_says_who_it_was(
    person: Account,
    traces: Account,
    places: list[Path],
    ledger: Ledger,
    client: Client,
    each: int,
    languages: dict[str, list[str]],
) -> None:
    before = crawl(Client(), "en", each)
    kinds = {resolve(url.partition("?")[0]).view_name for url in speaking(before)}
    assert {"explore:person", "person", "ledger:entry", "api-review"} & kinds
    assert len(kinds) >= 10, kinds
    assert {"accounts_account", "contributions_comment", "uploads_upload", "ledger_details"} <= set(
        speaking(in_tables())
    )
    assert "web_idempotentrequest" in speaking(in_tables())
    assert any("mail" in where for where in speaking(in_files(places)))
    own = [url for url in before if MARK in url]

    client.force_login(person)
    answer = client.post("/settings/erase", {"handle": MARK, "password": PASSWORD})
    assert answer.status_code == 302, answer.content
    _publish(ledger)

    assert speaking(in_tables()) == []
    assert speaking(in_files(places)) == []
    for name, reader in readers(traces):
        # 302: forms that ask a visitor to sign in before they look whose they are.
        assert {reader.get(url).status_code for url in own} <= {302, 404}
        for language in languages[name]:
            found = crawl(reader, language, each if language == "en" else each - 1)
            assert speaking(found) == [], (name, language)
            assert len(found) > 50
    assert speaking(in_valkey()) == []
