"""Whatever is sent, no answer is a 5xx: every registered route against addresses, methods, headers and bodies gone wrong.

Each test takes a share of what `hostile` knows for each route, another one for the next; `make soak` takes a larger share.
"""

import gzip
import itertools
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.test import Client

from hub.accounts.models import Account
from hub.repositories.changes import Change
from hub.repositories.models import Repository
from hub.repositories.services import create_repository, publish_revision
from hub.uploads.services import start_upload
from ledger import selectors
from tests.hub.factories import make_account
from tests.ledger.conftest import Ledger, folders, ledger, node
from tests.web import hostile, odd_files
from tests.web.hostile import Document, Form, Forms, Header, Route
from tests.web.serving import Serving

__all__ = ["folders", "ledger", "node"]

T = TypeVar("T")
CARD = "---\nlicense: cc-by-4.0\n---\n# cells\n"
CSRF = 32 * "c"
PROBLEM = "application/problem+json"
FORM = "application/x-www-form-urlencoded"
NOT_IMPLEMENTED = 501
# Values that make the rest of a body right, by name; the document knows the types of the others.
GOOD = {
    "name": "thing", "licence": "mit", "card": CARD, "path": "a.csv", "text": "a,b\n1,2\n",
    "purpose": "revision:test", "size": 8, "sha256": 64 * "0", "value": "0.5", "files": [],
}  # fmt: skip


@dataclass
class World:
    """A hub that listens, with something behind every kind of address."""

    server: Serving
    owner: Account
    examples: dict[str, str]
    secrets: Sequence[bytes]
    share: int
    routes: list[Route] = field(default_factory=hostile.routes)
    cookies: str = ""
    sent: int = 0
    wrong: list[str] = field(default_factory=list)
    _cycles: dict[int, Iterator[Any]] = field(default_factory=dict)

    def some(self, values: Sequence[T], count: int) -> list[T]:
        """The next of these values, so many times the test's share of them; all of them come in turn."""
        turn = self._cycles.setdefault(id(values), itertools.cycle(values))
        return list(itertools.islice(turn, min(count * self.share, len(values))))

    def sign_in(self) -> None:
        client = Client()
        client.force_login(self.owner)
        self.cookies = f"sessionid={client.cookies['sessionid'].value}; csrftoken={CSRF}"

    def sign_out(self) -> None:
        self.cookies = f"csrftoken={CSRF}"

    def address(self, route: Route, **other: str) -> str:
        """An address of the route where something is, but for the holes filled with `other`."""
        known = {key: self.examples.get(key) or self.examples.get(key.rpartition("/")[2], "1") for key in route.keys}
        return route.fill(known | other)

    def send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        kind: str = "application/json",
        extra: Iterable[Header] = (),
    ) -> tuple[str, bytes]:
        """One request as it stands, on a connection of its own. What is wrong with the answer is written down."""
        lines = {"host": b"localhost", "connection": b"close"}
        if self.cookies:
            lines |= {"cookie": self.cookies.encode(), "x-csrftoken": CSRF.encode(), "referer": b"http://localhost/"}
        if body is not None:
            lines |= {"content-length": str(len(body)).encode(), "content-type": kind.encode()}
        lines |= {name.lower(): value for name, value in extra}
        head = [f"{method} {path} HTTP/1.1".encode(), *(name.encode() + b": " + value for name, value in lines.items())]
        said = f"{method} {path:.120} {list(extra)!r:.120} {(body or b'')[:120]!r}"
        return self.exchange(
            b"\r\n".join(head) + b"\r\n\r\n" + (body or b""), said, method, api=path.startswith("/api/")
        )

    def exchange(self, request: bytes, said: str, method: str = "GET", *, api: bool = False) -> tuple[str, bytes]:
        """Send these bytes; the answer's content type and body."""
        self.sent += 1
        with self.server.connect() as connection:
            connection.sendall(request)
            answer = HTTPResponse(connection, method=method)
            try:
                answer.begin()
            except (HTTPException, ConnectionError) as error:
                self.wrong.append(f"{said}: no answer, {error!r}")
                return "", b""
            kind, body = answer.headers.get("Content-Type", ""), answer.read()
            if body and answer.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
        faults = [*self._faults(answer.status, body), *(_api_faults(method, answer.status, kind, body) if api else ())]
        if faults:
            self.wrong.append(f"{said}: {answer.status}, {'; '.join(faults)}")
        return kind, body

    def _faults(self, status: int, body: bytes) -> Iterator[str]:
        if status >= 500 and status != NOT_IMPLEMENTED:
            yield f"a server error {body[:200]!r}"
        yield from (f"says {secret!r}" for secret in self.secrets if secret in body)

    def check(self) -> None:
        assert not self.wrong, f"{len(self.wrong)} of {self.sent} requests:\n" + "\n".join(self.wrong[:40])
        assert self.sent


def _api_faults(method: str, status: int, kind: str, body: bytes) -> Iterator[str]:
    # What is no HTTP is refused by the server before anything of ours sees it.
    if status < 400 or body == b"Invalid HTTP request received.":
        return
    if kind != PROBLEM:
        yield f"an error as {kind!r}"
    elif method != "HEAD" and json.loads(body)["status"] != status:
        yield "a problem with another status"


@pytest.fixture(
    params=[
        pytest.param(1, id="share"),
        pytest.param(8, id="large_share", marks=[pytest.mark.soak, pytest.mark.timeout(3600)]),
    ]
)
def world(
    request: pytest.FixtureRequest, ledger: Ledger, settings: LazySettings, tmp_path: Path, now: datetime
) -> Iterator[World]:
    from config.asgi import application

    settings.BLOB_DIR, settings.UPLOAD_DIR = tmp_path / "blobs", tmp_path / "uploads"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    settings.ENTRIES_PER_HOUR = 1_000_000
    settings.ACCOUNT_RATE_LIMITS = False
    cache.clear()
    owner = make_account("alice")
    places = (settings.BASE_DIR, settings.DATA_DIR, tmp_path, sys.prefix)
    secrets = (b"Traceback (most recent", b"site-packages", *(str(place).encode() for place in places))
    with Serving(application) as server:
        yield World(server, owner, _examples(owner, ledger, now), secrets, request.param)
    cache.clear()


def _examples(owner: Account, ledger: Ledger, now: datetime) -> dict[str, str]:
    """Something to find at every address. Whatever has a name is called alice."""
    files = [Change("data/a.csv", content=b"a,b\n1,2\n")]
    made = [
        create_repository(account=owner, kind=kind, name="alice", visibility="public", card=CARD, now=now, files=files)
        for kind in ("dataset", "model")
    ]
    ledger.sequence()
    size = ledger.publish()
    ledger.anchor_to_the_end()
    [anchor] = selectors.anchors().items
    head = Repository.objects.select_related("head").get(pk=made[1].pk).head
    assert head is not None
    return {
        "owner": "alice", "name": "alice", "slug": "not-found", "index": "1", "size": str(size),
        "address": f"tile/entries/000.p/{size}", "transaction": anchor.transaction_hash, "tree/rest": "main/data",
        "blob/rest": "main/data/a.csv", "commits/rest": "main", "resolve/rest": "main/data/a.csv",
        "commit/sha": head.commit, "compare/rest": "main..main", "revisions/id": head.id,
        "repositories/id": str(made[1].pk), "trees/digest": head.root_tree_id, "parts/index": "0",
        "uploads/id": str(start_upload(owner, "b.csv", 8, "revision:test", now).pk),
    }  # fmt: skip


# --- addresses, queries, headers, methods --------------------------------------------------------
def test_no_address_and_no_query_breaks_the_site(world: World) -> None:
    for number, route in enumerate(world.routes):
        for key in route.keys:
            for segment in world.some(hostile.SEGMENTS, 2):
                world.send("GET", world.address(route, **{key: segment}))
        queries = [
            f"{name}={value}" for name in world.some(route.parameters, 3) for value in world.some(hostile.VALUES, 1)
        ]
        for query in [*queries, *(world.some(hostile.QUERIES, 1) if number % 4 == 0 else ())]:
            world.send("GET", f"{world.address(route)}?{query}")
    world.check()


def test_no_header_breaks_the_site(world: World) -> None:
    for request in hostile.RAW_REQUESTS:
        world.exchange(request, f"{request[:120]!r}", api=b" /api/" in request[:20])
    for number, route in enumerate(world.routes):
        world.sign_in() if number % 2 else world.sign_out()
        for header in world.some(hostile.HEADERS, 1):
            world.send("GET", world.address(route), extra=[header])
            world.send("POST", world.address(route), b"{}", extra=[header])
    world.check()


def test_no_method_breaks_the_site(world: World) -> None:
    for route in world.routes:
        # Whole pages come in the other languages, so that a broken translation breaks this too.
        for enter, methods, language in (
            (world.sign_out, ("GET", *hostile.METHODS[1:]), "ja"),
            (world.sign_in, hostile.METHODS, "zh-hans"),
        ):
            enter()
            for method in methods:
                body = b"" if method in {"POST", "PUT", "PATCH"} else None
                world.send(method, f"{world.address(route)}?lang={language}", body)
    world.check()


# --- bodies --------------------------------------------------------------------------------------
def test_no_body_breaks_the_site(world: World) -> None:
    for route in world.routes:
        if not route.is_api:
            world.sign_in()
        for method in ("POST", "PUT", "PATCH") if route.is_api else ("POST",):
            for body, kind in world.some(hostile.BODIES, 1):
                world.send(method, world.address(route), body, kind)
    world.check()


def test_no_member_of_a_body_breaks_the_api(world: World) -> None:
    document = Document(json.loads(world.send("GET", "/api/v1/schema")[1]))
    addresses = {route.fill(dict.fromkeys(route.keys, "{}")): world.address(route) for route in world.routes}
    world.sign_in()
    for method, address, schema in document.operations():
        for body in document.marked(schema, GOOD):
            for raw in world.some(hostile.RAW, 4):
                world.send(method, addresses[address], hostile.wrong(body, raw))
    world.check()


def test_no_field_of_a_form_breaks_the_site(world: World) -> None:
    for signed_in, form in _forms(world):
        world.sign_in() if signed_in else world.sign_out()
        for fields in _spoilt(world, form):
            world.send("POST", form.action, hostile.encoded(fields | {hostile.TOKEN: CSRF}), FORM)
        for name in form.files:
            for file in hostile.FILES:
                world.send(
                    "POST", form.action, hostile.multipart(form.fields, name, file), "multipart/form-data; boundary=x"
                )
    world.check()


def _forms(world: World) -> list[tuple[bool, Form]]:
    """Every form of every page, once, with whether it was seen signed in."""
    found: dict[tuple[str, ...], tuple[bool, Form]] = {}
    for enter in (world.sign_out, world.sign_in):
        enter()
        for route in world.routes:
            page = world.address(route)
            kind, body = world.send("GET", page)
            for form in Forms(body.decode()).found if kind.startswith("text/html") else ():
                form.action = form.action if form.action.startswith("/") else page
                found.setdefault(form.shape, (enter == world.sign_in, form))
    return list(found.values())


def _spoilt(world: World, form: Form) -> Iterator[dict[str, str | bytes]]:
    """The form with each field wrong, and with all of them wrong, sent by each of its buttons."""
    for name in form.fields:
        for value in world.some(hostile.FIELDS, 1):
            yield {**form.fields, name: value}
    for button in form.buttons or [""]:
        for value in world.some(hostile.FIELDS, 2):
            yield {**dict.fromkeys(form.fields, value), **({button: "1"} if button else {})}


def test_no_file_of_a_repository_breaks_its_page(world: World, now: datetime) -> None:
    repository = Repository.objects.get(kind="model")
    changes = [Change(path, content=content) for path, content in odd_files.FILES.items()]
    publish_revision(account=world.owner, repository=repository, changes=changes, message="", kind="data", now=now)
    for path in odd_files.CONTENTS:
        world.send("GET", f"/alice/alice/blob/main/{quote(path)}")
    for path in world.some(odd_files.NAMES, 10):
        world.send("GET", f"/alice/alice/blob/main/{quote(path)}")
        world.send("GET", f"/alice/alice/resolve/main/{quote(path)}")
    for page in ("", "/tree/main", "/tree/main/f", "/upload", "/history", "/commit/main", "/compare/main..main"):
        world.send("GET", f"/alice/alice{page}")
    world.check()


def test_no_call_breaks_the_chain_behind_rpc(world: World) -> None:
    from chain.rpc import READS, SEND

    for method in sorted(READS | {SEND}):
        cache.clear()
        for raw in world.some(hostile.RAW, 3):
            for params in (raw, f"[{raw}]", f'[{{"to":{raw},"gas":{raw}}},{raw}]'):
                body = f'{{"jsonrpc":"2.0","id":{raw},"method":"{method}","params":{params}}}'
                _kind, answer = world.send("POST", "/rpc", body.encode())
                json.loads(answer, parse_constant=_no_json)
    world.check()


def _no_json(name: str) -> None:
    raise AssertionError(f"{name} in an answer")
