"""The receiver of big bodies, on a real uvicorn and raw connections."""

import asyncio
import hashlib
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.web.receiver_site import SMALL_CAP, Site
from tests.web.serving import Client, Reply, Serving, chunk, eventually, head, reply
from web import places, receiver
from web.exchange import Message, Scope

MIB = 1024 * 1024
YES = {"Authorization": "yes"}


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


@pytest.mark.parametrize("size", [0, 1, MIB - 1, MIB, 3 * MIB + 7])
def test_a_whole_body_arrives_with_its_size_and_digest(served: Serving, site: Site, size: int) -> None:
    body = os.urandom(size)
    answer = served.send("PUT", "/bodies/one", body, YES)
    assert answer.status == 201
    assert answer.headers["location"] == "/bodies/one"
    assert answer.json() == {"sha256": digest(body), "size": size, "on_disk": digest(body), "language": "en"}


def test_a_chunked_body_arrives_whole(served: Serving) -> None:
    pieces = [os.urandom(70_000) for _ in range(40)]
    with served.connect() as connection:
        connection.sendall(head("PUT", "/bodies/one", {**YES, "Transfer-Encoding": "chunked"}))
        for piece in [*pieces, b""]:
            connection.sendall(chunk(piece))
        assert reply(connection).json()["sha256"] == digest(b"".join(pieces))


def test_a_connection_serves_a_second_request_after_an_accepted_body(served: Serving) -> None:
    with served.connect() as connection:
        for body in (b"first", b"second"):
            connection.sendall(head("PUT", "/bodies/one", {**YES, "Content-Length": str(len(body))}) + body)
            assert reply(connection).json()["sha256"] == digest(body)


def test_a_refusal_comes_before_any_byte_of_the_body(served: Serving, site: Site) -> None:
    with served.connect() as connection:
        connection.sendall(head("PUT", "/bodies/one", {"Content-Length": str(100 * MIB)}))
        answer = reply(connection)
    assert answer.status == 401
    assert answer.headers["connection"] == "close"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/sign-in-needed"
    assert answer.json()["instance"] == "/bodies/one"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert (site.asked, site.finished, site.left_over()) == (["one"], [], [])


def test_a_client_that_sends_first_and_reads_later_still_gets_the_refusal(served: Serving) -> None:
    with served.connect() as connection:
        connection.sendall(head("PUT", "/bodies/one", {"Content-Length": str(8 * MIB)}))
        for _ in range(8):
            connection.sendall(bytes(MIB))
        assert reply(connection).status == 401


def test_a_refused_client_is_not_told_to_continue(served: Serving) -> None:
    with served.connect() as connection:
        connection.sendall(head("PUT", "/bodies/one", {"Content-Length": "9", "Expect": "100-continue"}))
        assert connection.recv(65536).startswith(b"HTTP/1.1 401")


def test_an_accepted_client_is_told_to_continue(served: Serving) -> None:
    with served.connect() as connection:
        connection.sendall(head("PUT", "/bodies/one", {**YES, "Content-Length": "4", "Expect": "100-continue"}))
        assert connection.recv(65536).startswith(b"HTTP/1.1 100")
        connection.sendall(b"body")
        assert reply(connection).status == 201


def test_an_announced_body_over_the_cap_is_refused_unread(served: Serving, site: Site) -> None:
    with served.connect() as connection:
        connection.sendall(head("PUT", "/small/one", {**YES, "Content-Length": str(SMALL_CAP + 1)}))
        answer = reply(connection)
    assert (answer.status, answer.json()["limit"]) == (413, SMALL_CAP)
    assert answer.headers["connection"] == "close"
    assert site.finished == []


def test_an_unannounced_body_over_the_cap_is_refused_while_it_streams(served: Serving, site: Site) -> None:
    with served.connect() as connection:
        connection.sendall(head("PUT", "/small/one", {**YES, "Transfer-Encoding": "chunked"}))
        connection.sendall(chunk(bytes(SMALL_CAP)) + chunk(b"x"))
        assert reply(connection).status == 413
    eventually(lambda: not site.left_over())
    assert site.finished == []


def test_a_body_of_exactly_the_cap_is_taken(served: Serving) -> None:
    assert served.send("PUT", "/small/one", bytes(SMALL_CAP), YES).status == 201


def test_the_gate_can_narrow_the_cap_for_one_body(served: Serving) -> None:
    assert served.send("PUT", "/bodies/narrow", bytes(100), YES).status == 201
    refused = served.send("PUT", "/bodies/narrow", bytes(101), YES)
    assert (refused.status, refused.json()["limit"]) == (413, 100)


def test_a_client_that_goes_away_leaves_no_file_and_no_effect(served: Serving, site: Site) -> None:
    with served.connect() as connection:
        connection.sendall(head("PUT", "/bodies/one", {**YES, "Content-Length": str(10 * MIB)}) + bytes(3 * MIB))
        eventually(lambda: any(path.stat().st_size >= MIB for path in site.left_over()))
    eventually(lambda: not site.left_over())
    assert site.finished == []


def test_a_body_shorter_than_announced_has_no_effect(served: Serving, site: Site) -> None:
    with served.connect() as connection:
        connection.sendall(head("PUT", "/bodies/one", {**YES, "Content-Length": "1000"}) + b"short")
        eventually(site.left_over)
        connection.shutdown(1)
        eventually(lambda: not site.left_over())
    assert site.finished == []


def test_bytes_beyond_the_announced_length_are_not_part_of_the_body(served: Serving, site: Site) -> None:
    with served.connect() as connection:
        more = head("PUT", "/bodies/two", {**YES, "Content-Length": "0"})
        connection.sendall(head("PUT", "/bodies/one", {**YES, "Content-Length": "5"}) + b"fives" + more)
        assert reply(connection).json()["sha256"] == digest(b"fives")


def test_a_server_that_ends_a_body_too_early_is_not_believed(site: Site) -> None:
    sent = asyncio.run(_talk(site.receiver(), _put("/bodies/one", [b"short"], content_length=1000)))
    assert sent[0]["status"] == 400
    assert (site.finished, site.left_over()) == ([], [])


def test_a_slow_body_arrives_whole_and_holds_nobody_up(served: Serving) -> None:
    body = os.urandom(200)
    with served.connect() as connection:
        connection.sendall(head("PUT", "/bodies/one", {**YES, "Content-Length": str(len(body))}))
        for at in range(len(body)):
            connection.sendall(body[at : at + 1])
            if at % 50 == 0:
                assert served.send("GET", "/other").status == 200
        assert reply(connection).json()["sha256"] == digest(body)


def test_a_client_that_stalls_gives_up_its_place(served: Serving, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "RATE_SECONDS", 0.2)
    with served.connect() as connection:
        connection.sendall(head("PUT", "/bodies/one", {**YES, "Content-Length": "10"}) + b"five.")
        assert reply(connection).status == 408
    eventually(lambda: not site.left_over())


def test_a_client_that_never_stalls_but_drips_gives_up_its_place(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "RATE_SECONDS", 0.5)
    with Serving(site.receiver(bodies=1)) as served, served.connect() as connection:
        connection.sendall(head("PUT", "/bodies/one", {**YES, "Content-Length": "100000"}))
        answer = drip(connection, b"x", until=20)
        assert (answer.status, answer.json()["type"]) == (408, "/problems/too-slow")
        assert served.send("PUT", "/bodies/one", b"x", YES).status == 201


def test_a_body_that_keeps_its_rate_may_take_any_number_of_windows(
    served: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "RATE_SECONDS", 1.0)
    monkeypatch.setattr(places, "RATE_BYTES", 10)
    with served.connect() as connection:
        connection.sendall(head("PUT", "/bodies/one", {**YES, "Content-Length": "150"}))
        for _ in range(15):
            connection.sendall(b"ten bytes.")
            time.sleep(0.1)
        assert reply(connection).status == 201


def drip(connection: socket.socket, piece: bytes, until: float) -> Reply:
    """Send the piece again and again, never pausing long, until the server answers."""
    end = time.monotonic() + until
    while not select.select([connection], [], [], 0.02)[0]:
        assert time.monotonic() < end, "no answer came"
        connection.sendall(piece)
    return reply(connection)


def hold(served: Serving, site: Site, count: int, **more: str) -> list[socket.socket]:
    """Take so many places and keep them until the site's gate opens."""
    before, held = len(site.finished), [served.connect() for _ in range(count)]
    for connection in held:
        connection.sendall(head("PUT", "/bodies/held", {**YES, **more, "Content-Length": "1"}) + b"x")
    eventually(lambda: len(site.finished) == before + count)
    return held


def let_go(site: Site, held: list[socket.socket]) -> None:
    site.open_gate.set()
    assert {reply(connection).status for connection in held} == {201}
    for connection in held:
        connection.close()


def test_more_bodies_than_places_are_asked_to_come_again(site: Site) -> None:
    with Serving(site.receiver(bodies=2)) as served:
        held = hold(served, site, 2)
        refused = served.send("PUT", "/bodies/one", b"x", YES)
        assert (refused.status, int(refused.headers["retry-after"]) > 0) == (503, True)
        let_go(site, held)
        assert served.send("PUT", "/bodies/one", b"x", YES).status == 201


def test_there_are_places_for_32_bodies_of_several_senders(site: Site) -> None:
    with Serving(site.receiver()) as served:
        held = [one for sender in "abcd" for one in hold(served, site, 8, **{"X-Sender": sender})]
        assert served.send("PUT", "/bodies/one", b"x", {**YES, "X-Sender": "e"}).status == 503
        let_go(site, held)


def test_one_sender_leaves_places_to_the_others(site: Site) -> None:
    with Serving(site.receiver(bodies=4, of_one=2)) as served:
        held = hold(served, site, 2, **{"X-Sender": "alice"})
        refused = served.send("PUT", "/bodies/one", b"x", {**YES, "X-Sender": "alice"})
        assert (refused.status, int(refused.headers["retry-after"]) > 0) == (429, True)
        assert served.send("PUT", "/bodies/one", b"x", {**YES, "X-Sender": "bob"}).status == 201
        let_go(site, held)
        assert served.send("PUT", "/bodies/one", b"x", {**YES, "X-Sender": "alice"}).status == 201


def test_senders_without_an_account_share_the_places_of_their_address(site: Site) -> None:
    with Serving(site.receiver(bodies=4, of_one=2)) as served:
        held = hold(served, site, 2)
        assert served.send("PUT", "/bodies/one", b"x", YES).status == 429
        assert served.send("PUT", "/bodies/one", b"x", {**YES, "X-Sender": "alice"}).status == 201
        let_go(site, held)


def test_a_refused_request_takes_no_place(site: Site) -> None:
    with Serving(site.receiver(bodies=1)) as served, served.connect() as connection:
        connection.sendall(head("PUT", "/bodies/one", {"Content-Length": "10"}))
        assert reply(connection).status == 401
        assert served.send("PUT", "/bodies/one", b"x", YES).status == 201


def test_a_problem_raised_at_the_end_is_answered_as_it_is(served: Serving, site: Site) -> None:
    answer = served.send("PUT", "/bodies/problem", b"x", YES)
    assert (answer.status, answer.json()["part"]) == (422, 7)
    assert "connection" not in answer.headers
    assert site.left_over() == []


def test_a_defect_at_the_end_is_answered_without_details(served: Serving, site: Site) -> None:
    answer = served.send("PUT", "/bodies/defect", b"x", YES)
    assert answer.status == 500
    assert b"quokka" not in answer.body
    assert site.left_over() == []


def test_a_file_that_was_moved_away_stays_and_any_other_goes(served: Serving, site: Site) -> None:
    served.send("PUT", "/bodies/kept", b"keep me", YES)
    served.send("PUT", "/bodies/one", b"not me", YES)
    assert [path.read_bytes() for path in site.kept.iterdir()] == [b"keep me"]
    assert site.left_over() == []


def test_the_callers_language_holds_for_the_answer(served: Serving) -> None:
    by_header = served.send("PUT", "/bodies/one", b"x", {**YES, "Accept-Language": "ja-JP, en;q=0.5"})
    by_cookie = served.send(
        "PUT", "/bodies/one", b"x", {**YES, "Accept-Language": "ja", "Cookie": "akashi_language=zh-hans"}
    )
    assert (by_header.json()["language"], by_cookie.json()["language"]) == ("ja", "zh-hans")


def test_another_method_on_a_route_goes_to_the_application_behind(served: Serving, site: Site) -> None:
    assert served.send("POST", "/bodies/one", b"four").body == b"4"
    assert site.asked == []


def test_an_ordinary_body_within_the_cap_reaches_the_application(site: Site) -> None:
    with Serving(site.receiver(body_cap=1000)) as served:
        assert served.send("POST", "/other", bytes(1000)).body == b"1000"


def test_an_ordinary_body_over_the_cap_is_refused_unread(site: Site) -> None:
    with Serving(site.receiver(body_cap=1000)) as served, served.connect() as connection:
        connection.sendall(head("POST", "/other", {"Content-Length": "1001"}))
        assert_too_large(reply(connection), 1000)


def test_an_unannounced_ordinary_body_is_refused_while_it_streams(site: Site) -> None:
    with Serving(site.receiver(body_cap=1000)) as served, served.connect() as connection:
        connection.sendall(head("POST", "/other", {"Transfer-Encoding": "chunked"}) + chunk(bytes(1001)))
        assert_too_large(reply(connection), 1000)


def assert_too_large(answer: Reply, limit: int) -> None:
    assert (answer.status, answer.json()["limit"]) == (413, limit)
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize("kind", ["lifespan", "websocket"])
def test_what_is_not_http_passes_through_untouched(site: Site, kind: str) -> None:
    seen: list[Any] = []

    async def behind(scope: Scope, receive: Any, send: Any) -> None:
        seen.append((scope["type"], await receive()))

    asyncio.run(_talk(site.receiver(behind), ({"type": kind}, [{"type": f"{kind}.startup"}])))
    assert seen == [(kind, {"type": f"{kind}.startup"})]


def test_what_killed_processes_left_is_removed_when_it_is_old(tmp_path: Path) -> None:
    old, new, other = tmp_path / "incoming-a", tmp_path / "incoming-b", tmp_path / "precious"
    for path in (old, new, other):
        path.write_bytes(b"x")
        os.utime(path, (1000, 1000 if path != new else time.time()))
    assert receiver.remove_abandoned(tmp_path, before=2000) == 1
    assert sorted(tmp_path.iterdir()) == [new, other]


# --- as a process of its own, with Django behind ---------------------------------------------------


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("site")
    big = folder / "big"
    with big.open("wb") as handle:
        handle.truncate(64 * MIB)
    command = [sys.executable, "-m", "tests.web.receiver_site", str(folder)]
    environment = {**os.environ, "TEST_FILE": str(big)}
    running = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert running.stdin and running.stdout
    yield Client(int(running.stdout.readline()))
    running.stdin.close()
    running.stdout.close()
    running.wait(30)


def test_a_body_of_64_mib_is_received_in_flat_memory(process: Client) -> None:
    small = process.send("PUT", "/bodies/one", bytes(2 * MIB), YES)
    assert small.status == 201
    before = int(process.send("GET", "/figures").body)
    hashed = hashlib.sha256()
    with process.connect() as connection:
        connection.sendall(head("PUT", "/bodies/kept", {**YES, "Content-Length": str(64 * MIB)}))
        for _ in range(64):
            piece = os.urandom(MIB)
            hashed.update(piece)
            connection.sendall(piece)
        answer = reply(connection)
    assert answer.json()["sha256"] == hashed.hexdigest()
    grown = int(process.send("GET", "/figures").body) - before
    assert grown < 24 * 1024, f"{grown} KiB"


def test_a_file_of_64_mib_is_sent_in_flat_memory(process: Client) -> None:
    before = int(process.send("GET", "/figures").body)
    answer = process.send("GET", "/file", headers={"Accept-Encoding": "gzip"})
    assert (answer.status, len(answer.body)) == (200, 64 * MIB)
    assert "content-encoding" not in answer.headers
    grown = int(process.send("GET", "/figures").body) - before
    assert grown < 24 * 1024, f"{grown} KiB"


def test_django_behind_never_sees_a_body_over_the_cap(process: Client) -> None:
    with process.connect() as connection:
        connection.sendall(head("POST", "/upload", {"Transfer-Encoding": "chunked"}))
        connection.sendall(chunk(bytes(2 * MIB)) + chunk(b"x"))
        assert_too_large(reply(connection), 2 * MIB)
    assert process.send("POST", "/upload", bytes(MIB)).body == str(MIB).encode()


# --- bare ASGI -------------------------------------------------------------------------------------


def _put(path: str, pieces: list[bytes], content_length: int) -> tuple[Scope, list[Message]]:
    headers = [(b"authorization", b"yes"), (b"content-length", str(content_length).encode())]
    scope: Scope = {"type": "http", "method": "PUT", "path": path, "headers": headers, "http_version": "1.1"}
    messages: list[Message] = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    messages[-1]["more_body"] = False
    return scope, messages


async def _talk(application: Any, request: tuple[Scope, list[Message]]) -> list[Message]:
    scope, messages = request
    sent: list[Message] = []
    waiting = iter(messages)

    async def receive() -> Message:
        return next(waiting)

    async def send(message: Message) -> None:
        sent.append(message)

    await application(scope, receive, send)
    return sent
