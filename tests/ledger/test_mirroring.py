"""A mirror holds what was proven and nothing else, goes on where it was cut off, and can be followed like the log itself."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger import durable, mirroring
from ledger.errors import Damaged
from ledger.fetching import Client
from ledger.mirroring import Mirror
from tests.ledger.log_checker import LogChecker
from tests.ledger.remote import file_server, long_world, publish, run
from tests.ledger.world import ACTOR, World

SIZES = 1_100


@pytest.fixture(scope="module")
def long() -> World:
    return long_world(SIZES)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    with file_server(tmp_path / "site") as url:
        yield url


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many pieces as a log of a hundred thousand entries has."""
    monkeypatch.setattr("ledger.following.CHUNK", 256)


def mirror(url: str, folder: Path, world: World) -> tuple[int, str, str]:
    return run("mirror", url, folder, "--log-key", world.signer.key.vkey)


def log_files(folder: Path) -> dict[str, bytes]:
    log = folder / "log"
    files = (path for path in log.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {str(path.relative_to(log)): path.read_bytes() for path in files}


class Checker(LogChecker):
    """The tests' own reader of logs; what was signed last is the original's own business."""

    def _check_signed_head(self, size: int, hashes: list[bytes]) -> None:
        pass


@pytest.mark.parametrize("sizes", [[1], [3, 255, 256], [200, 257, 1_100], [1_024, 1_025]])
def test_a_copy_has_the_same_bytes(site: str, tmp_path: Path, long: World, sizes: list[int]) -> None:
    checker = Checker(tmp_path / "copy" / "log", long.signer.key.vkey)
    for size in sizes:
        publish(tmp_path / "site", long, size)
        code, out, err = mirror(site, tmp_path / "copy", long)
        assert (code, err) == (0, "")
        assert f"{size} entries are copied and verified" in out
        assert checker.check() == size
    fresh = tmp_path / "fresh"
    publish(fresh, long, sizes[-1])
    copied = log_files(tmp_path / "copy")
    assert all(copied[path] == data for path, data in log_files(fresh).items())


def test_a_served_copy_is_accepted_by_a_monitor_and_can_be_mirrored(site: str, tmp_path: Path, long: World) -> None:
    state = tmp_path / "state.json"
    with file_server(tmp_path / "copy") as copy:
        for size in (100, 300, 1_100):
            publish(tmp_path / "site", long, size)
            assert mirror(site, tmp_path / "copy", long)[0] == 0
            code, out, err = run("monitor", copy, "--state", state, "--log-key", long.signer.key.vkey, "--actor", ACTOR)
            assert (code, err) == (1, "")
        assert len(out.splitlines()) == 800
        assert mirror(copy, tmp_path / "second", long)[0] == 0
    assert json.loads(state.read_text())["checkpoint"] == long.checkpoint(1_100)
    assert log_files(tmp_path / "second")["checkpoint"] == log_files(tmp_path / "copy")["checkpoint"]


class PowerCut(Exception):
    """The process ends here."""


@pytest.mark.parametrize("write", range(2, 8))
def test_a_copy_that_is_cut_off_goes_on_where_it_was(
    site: str, tmp_path: Path, long: World, monkeypatch: pytest.MonkeyPatch, write: int
) -> None:
    publish(tmp_path / "site", long, 10)
    assert mirror(site, tmp_path / "copy", long)[0] == 0
    publish(tmp_path / "site", long, 1_100)
    left, put = [write], durable.replace_file

    def failing(path: Path, data: bytes) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise PowerCut
        put(path, data)

    monkeypatch.setattr(mirroring, "replace_file", failing)
    client = Client(site)
    try:
        Mirror(tmp_path / "copy").update(client, long.signer.key)
    except PowerCut:
        assert Checker(tmp_path / "copy" / "log", long.signer.key.vkey).check() == 10
    finally:
        client.close()
    monkeypatch.setattr(mirroring, "replace_file", put)
    read: list[str] = []
    ask = Client.get

    def counted(self: Client, path: str, *, most: int) -> bytes:
        read.append(path)
        return ask(self, path, most=most)

    monkeypatch.setattr(Client, "get", counted)
    assert mirror(site, tmp_path / "copy", long)[0] == 0
    assert Checker(tmp_path / "copy" / "log", long.signer.key.vkey).check() == 1_100
    bundles = [path for path in read if "entries" in path]
    assert len(bundles) == max(0, 5 - (write - 1)), "what was there is not read again"


def test_nothing_of_a_broken_log_is_kept(site: str, tmp_path: Path, long: World) -> None:
    publish(tmp_path / "site", long, 10)
    assert mirror(site, tmp_path / "copy", long)[0] == 0
    before = log_files(tmp_path / "copy")
    publish(tmp_path / "site", long_world(20, other=15), 20)
    (tmp_path / "site/log/checkpoint").write_text(long.checkpoint(20))
    code, _, err = mirror(site, tmp_path / "copy", long)
    assert (code, "evidence" in err) == (2, True)
    assert log_files(tmp_path / "copy") == before


@pytest.mark.parametrize("size", [10, 20])
def test_a_fork_is_kept_as_evidence(site: str, tmp_path: Path, long: World, size: int) -> None:
    publish(tmp_path / "site", long, 10)
    assert mirror(site, tmp_path / "copy", long)[0] == 0
    fork = long_world(20, other=5)
    publish(tmp_path / "site", fork, size)
    assert mirror(site, tmp_path / "copy", long)[0] == 2
    [evidence] = [json.loads(path.read_text()) for path in (tmp_path / "copy").glob("mirror.evidence-*")]
    assert evidence["saved_checkpoint"] == long.checkpoint(10)
    assert evidence["found_checkpoint"] == fork.checkpoint(size)
    assert Checker(tmp_path / "copy" / "log", long.signer.key.vkey).check() == 10


@pytest.mark.parametrize("path", ["log/tile/0/000.p/10", "log/checkpoint", "log/key", "progress.json"])
def test_a_spoilt_copy_is_said_and_not_blamed_on_the_log(site: str, tmp_path: Path, long: World, path: str) -> None:
    publish(tmp_path / "site", long, 10)
    assert mirror(site, tmp_path / "copy", long)[0] == 0
    publish(tmp_path / "site", long, 20)
    (tmp_path / "copy" / path).write_bytes(b"\xff" * 320)
    code, _, err = mirror(site, tmp_path / "copy", long)
    assert code == 3
    assert str(tmp_path / "copy") in err
    assert list((tmp_path / "copy").glob("*evidence*")) == []


def test_entries_of_a_copy_are_read_in_order_and_missed(site: str, tmp_path: Path, long: World) -> None:
    publish(tmp_path / "site", long, 300)
    mirror(site, tmp_path / "copy", long)
    made = Mirror(tmp_path / "copy")
    assert list(made.entries(300)) == list(enumerate(long.bodies[:300]))
    (tmp_path / "copy/log/tile/entries/000").unlink()
    with pytest.raises(Damaged):
        list(made.entries(300))


def test_the_key_is_kept_with_the_copy_and_another_is_refused(site: str, tmp_path: Path, long: World) -> None:
    publish(tmp_path / "site", long, 10)
    code, _, err = run("mirror", site, tmp_path / "copy")
    assert (code, long.signer.key.vkey in err) == (0, True)
    assert log_files(tmp_path / "copy")["key"] == f"{long.signer.key.vkey}\n{long.operator.key.vkey}\n".encode()
    other = long.signer.__class__(long.origin, bytes(32)).key.vkey
    assert run("mirror", site, tmp_path / "copy", "--log-key", other)[0] == 3
    assert run("mirror", site, tmp_path / "new", "--log-key", other)[0] == 2


def test_with_every_it_goes_on_through_outages(
    site: str, tmp_path: Path, long: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sleeps are where the test acts: the log appears, grows, then forks."""
    steps = iter([(long, 10), (long, 20), (long_world(30, other=5), 30)])
    monkeypatch.setattr("ledger.follow_command.time.sleep", lambda _: publish(tmp_path / "site", *next(steps)))
    code, out, err = run("mirror", site, tmp_path / "copy", "--log-key", long.signer.key.vkey, "--every", "5")
    assert code == 2
    assert [line.split()[1] for line in out.splitlines()] == ["10", "20"]
    assert "not there" in err
