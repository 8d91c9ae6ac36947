"""The log over HTTP, read by a client of its own: checkpoint, tiles, entry bundles, keys."""

import base64
from pathlib import Path

import pytest
from django.test import Client

from tests.ledger.conftest import ORIGIN, Ledger
from tests.ledger.log_checker import LogChecker, address


class HttpChecker(LogChecker):
    """The same checks, over HTTP."""

    def __init__(self, client: Client, ledger: Ledger) -> None:
        super().__init__(ledger.folder, ledger.log.verifier_key)
        self.client = client

    def get(self, path: str) -> bytes:
        answer = self.client.get(f"/log/{path}")
        assert answer.status_code == 200, path
        return bytes(answer.content)

    def _checkpoint_text(self) -> str:
        return self.get("checkpoint").decode()

    def _read(self, prefix: str, number: int, width: int) -> bytes:
        return self.get(address(prefix, number, width))


@pytest.mark.parametrize("size", [1, 2, 256, 257, 700])
def test_the_whole_log_can_be_read_and_verified_over_http(ledger: Ledger, client: Client, size: int) -> None:
    ledger.grow(size - 1)
    assert HttpChecker(client, ledger).check() == size


def test_older_sizes_can_still_be_read(ledger: Ledger, client: Client) -> None:
    """Whoever holds an older checkpoint asks for its partial tiles, even after they were filled."""
    for count in (99, 50, 200):
        ledger.grow(count)
    checker = HttpChecker(client, ledger)
    for width in (100, 150, 256):
        assert len(checker.get(address("tile/0", 0, width))) == 32 * width
        assert checker.get(address("tile/entries", 0, width)).count(b"test.happened") == width - 1


def test_a_checkpoint_is_text_for_a_few_seconds(ledger: Ledger, client: Client) -> None:
    ledger.grow(3)
    answer = client.get("/log/checkpoint")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Cache-Control"] == "public, max-age=3"
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer.content.startswith(f"{ORIGIN}\n4\n".encode())


def test_a_full_tile_may_be_kept_for_ever(ledger: Ledger, client: Client) -> None:
    ledger.grow(300)
    full, partial = client.get("/log/tile/0/000"), client.get("/log/tile/0/001.p/45")
    assert full["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "31536000" not in partial["Cache-Control"]
    assert full["Content-Type"] == partial["Content-Type"] == "application/octet-stream"


# Other spellings of tiles that are there, and things that are no tiles.
OTHER_ADDRESSES = [
    "tile/0/0",
    "tile/0/0000",
    "tile/0/x000/000",
    "tile/0/000.p/0",
    "tile/0/000.p/256",
    "tile/0/000.p/257",
    "tile/0/000.p/007",
    "tile/00/000",
    "tile/-1/000",
    "tile/8/000",
    "tile/0/000.p",
    "tile/0/000/",
    "tile/0/../0/000",
    "tile/0/../../signed_head.json",
    "tile/entries/000.p/6/../6",
    "tile/entries/%2e%2e/000",
    "tile/0/٠٠٠",
    "tile/0/000%0a",
    "tile/0/x" + "999/x" * 30 + "999/999",
    "tile/",
    "tile",
    "signed_head.json",
    ".lock",
    "",
    "checkpoint/",
]


def test_only_the_one_address_of_a_tile_answers(ledger: Ledger, client: Client) -> None:
    ledger.grow(299)
    answers = {path: client.get(f"/log/{path}").status_code for path in OTHER_ADDRESSES}
    assert answers == dict.fromkeys(OTHER_ADDRESSES, 404)


def test_nothing_beyond_the_published_size_is_told(ledger: Ledger, client: Client) -> None:
    ledger.grow(300)
    ledger.record(300)
    ledger.sequence()
    (ledger.folder / "tile/0/001").write_bytes(bytes(8192))
    for path in ("tile/0/001.p/46", "tile/0/001", "tile/0/002.p/1", "tile/1/000.p/2", "tile/2/000.p/1"):
        assert client.get(f"/log/{path}").status_code == 404, path


def test_before_the_first_checkpoint_there_is_none(bare: Ledger, client: Client) -> None:
    for path in ("checkpoint", "tile/0/000", "tile/0/000.p/1"):
        assert client.get(f"/log/{path}").status_code == 404


def test_the_keys_are_verifier_key_strings(ledger: Ledger, client: Client) -> None:
    log, operator = client.get("/log/key").content.decode().splitlines()
    assert log == ledger.log.verifier_key
    name, _, key = operator.split("+", 2)
    assert name == f"{ORIGIN}/operator"
    assert base64.b64decode(key).startswith(b"\xffakashi-eip712-head")


def test_before_there_is_a_contract_there_is_one_key(bare: Ledger, client: Client) -> None:
    assert client.get("/log/key").content.decode() == f"{bare.log.verifier_key}\n"


def test_without_a_log_there_is_no_key(db: None, folders: Path, client: Client) -> None:
    assert client.get("/log/key").status_code == 404


def test_the_log_takes_nothing(ledger: Ledger, client: Client) -> None:
    ledger.grow(0)
    for path in ("checkpoint", "key", "tile/0/000.p/1"):
        assert client.post(f"/log/{path}").status_code == 405
        assert client.head(f"/log/{path}").status_code == 200
