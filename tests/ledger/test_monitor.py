"""A monitor finds what it looks for, loses no report, and believes nothing that does not lead to a signed root."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from ledger import note, publisher, storage
from ledger.checkpoint import Checkpoint as Head
from ledger.note import Note
from ledger.storage import Store
from tests.ledger.conftest import ACTOR as HUB_ACTOR
from tests.ledger.conftest import REPOSITORY as HUB_REPOSITORY
from tests.ledger.conftest import Ledger
from tests.ledger.remote import file_server, long_world, publish, run, webhook
from tests.ledger.witness_process import bare_environment
from tests.ledger.world import ACTOR, REPOSITORY, World
from tests.services import ROOT

SIZES = 600


@dataclass
class Site:
    """A log in memory behind a plain file server, and a monitor's state file."""

    folder: Path
    url: str
    state: Path
    world: World

    def publish(self, size: int, world: World | None = None) -> None:
        publish(self.folder, world or self.world, size)

    def monitor(self, *arguments: object) -> tuple[int, str, str]:
        key = ("--log-key", self.world.signer.key.vkey)
        return run("monitor", self.url, "--state", self.state, *key, *arguments)

    def evidence(self) -> list[dict[str, Any]]:
        return [json.loads(path.read_text()) for path in self.state.parent.glob("state.json.evidence-*")]

    def size(self) -> int:
        """How far the saved state goes."""
        return int(json.loads(self.state.read_text())["checkpoint"].split("\n")[1])

    def spoil(self, path: str, data: bytes) -> None:
        (self.folder / "log" / path).write_bytes(data)


@pytest.fixture(scope="module")
def long() -> World:
    return long_world(SIZES)


@pytest.fixture(scope="module")
def forked() -> World:
    return long_world(SIZES, other=200)


@pytest.fixture
def site(tmp_path: Path, long: World) -> Iterator[Site]:
    with file_server(tmp_path / "site") as url:
        yield Site(tmp_path / "site", url, tmp_path / "state.json", long)


# --- what is reported ----------------------------------------------------------------------------
def test_entries_of_an_actor_or_about_a_subject_are_reported_once(tmp_path: Path, world: World) -> None:
    with file_server(tmp_path / "site") as url:
        site = Site(tmp_path / "site", url, tmp_path / "state.json", world)
        site.publish(4)
        code, out, _ = site.monitor("--subject", f"repo:{REPOSITORY}")
        assert code == 1
        assert [line.split()[0] for line in out.splitlines()] == ["#0", "#1", "#2", "#3"]
        assert "revision.published rev:" in out, "an entry that names the repository in its data"
        assert out.splitlines()[0].endswith(f"repository.created repo:{REPOSITORY} by {ACTOR}")
        assert site.monitor("--subject", f"repo:{REPOSITORY}")[:2] == (0, "")
        site.publish(6)
        code, out, _ = site.monitor("--actor", ACTOR)
        assert (code, len(out.splitlines())) == (1, 2)
        assert site.size() == 6


def test_others_are_not_reported_but_verified(site: Site) -> None:
    site.publish(300)
    assert site.monitor("--actor", "acct:" + 32 * "f", "--subject", "log")[:2] == (0, "")
    assert site.monitor()[:2] == (0, "")
    assert site.size() == 300


@pytest.mark.parametrize("sizes", [[1, 2, 3], [255, 256, 257], [200, 513, 600]])
def test_every_step_is_followed(site: Site, sizes: list[int]) -> None:
    seen = 0
    for size in sizes:
        site.publish(size)
        code, out, _ = site.monitor("--actor", ACTOR)
        assert (code, len(out.splitlines())) == (1, size - seen)
        seen = size


def test_a_webhook_gets_json_and_mail_is_sent(site: Site) -> None:
    site.publish(3)
    with webhook() as (hook, got, _):
        assert site.monitor("--actor", ACTOR, "--webhook", hook, "--mail", "me@example.org")[0] == 1
    [report] = got
    assert (report["event"], report["size"], report["log"]) == ("entries", 3, site.world.origin)
    assert [each["index"] for each in report["entries"]] == [0, 1, 2]
    assert report["entries"][1]["body"].encode() == site.world.bodies[1]
    assert report["entries"][1]["data"] == {"number": 1}
    [letter] = mail.outbox
    assert letter.to == ["me@example.org"]
    assert letter.body.count("#") == 3


def test_a_report_that_fails_is_tried_again_and_nothing_is_lost(site: Site) -> None:
    site.publish(3)
    with webhook() as (hook, got, statuses):
        statuses[:] = [500, 204]
        code, _, err = site.monitor("--actor", ACTOR, "--webhook", hook)
        assert (code, "500" in err) == (3, True)
        assert not site.state.exists()
        site.publish(4)
        assert site.monitor("--actor", ACTOR, "--webhook", hook)[0] == 1
        assert [each["index"] for each in got[-1]["entries"]] == [0, 1, 2, 3]
    site.publish(5)
    assert site.monitor("--actor", ACTOR, "--webhook", "http://127.0.0.1:1/")[0] == 3
    assert site.size() == 4
    assert site.monitor("--actor", ACTOR)[0] == 1


class Unwilling(BaseEmailBackend):
    """A mail server that does not take the letter."""

    def send_messages(self, email_messages: Any) -> int:
        raise ConnectionRefusedError("no mail today")


def test_mail_that_is_not_taken_is_tried_again(site: Site, settings: Settings) -> None:
    site.publish(3)
    settings.EMAIL_BACKEND = f"{__name__}.Unwilling"
    code, _, err = site.monitor("--actor", ACTOR, "--mail", "me@example.org")
    assert (code, "no mail today" in err) == (3, True)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert site.monitor("--actor", ACTOR, "--mail", "me@example.org")[0] == 1


# --- forks and broken logs -----------------------------------------------------------------------
@pytest.mark.parametrize("size", [300, 301, 600])
def test_a_fork_ends_with_2_and_keeps_both_checkpoints(site: Site, forked: World, size: int) -> None:
    site.publish(300)
    assert site.monitor()[0] == 0
    site.publish(size, forked)
    with webhook() as (hook, got, _):
        code, _, err = site.monitor("--webhook", hook, "--mail", "me@example.org")
    assert code == 2
    assert "evidence" in err
    [evidence] = site.evidence()
    assert evidence["saved_checkpoint"] == site.world.checkpoint(300)
    assert evidence["found_checkpoint"] == forked.checkpoint(size)
    assert [report["event"] for report in got] == ["alarm"]
    assert "ALARM" in mail.outbox[0].subject
    assert site.monitor("--webhook", "http://127.0.0.1:1/")[0] == 2, "whether or not anybody can be told"
    assert site.size() == 300
    assert len(site.evidence()) == 1
    site.publish(310)
    assert site.monitor()[0] == 0


def test_a_log_that_went_back_is_broken_and_a_stale_copy_is_not(site: Site) -> None:
    site.publish(300)
    assert site.monitor()[0] == 0
    site.spoil("checkpoint", site.world.checkpoint(270).encode())
    assert site.monitor("--actor", ACTOR)[:2] == (0, ""), "a cache still has the older one"
    assert site.size() == 300
    for path in ("tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/001.p/44"):
        (site.folder / "log" / path).unlink()
    code, _, err = site.monitor()
    assert (code, "went back" in err) == (2, True)


@pytest.mark.parametrize(
    "path", ["tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/000", "tile/entries/001.p/44"]
)
@pytest.mark.parametrize("how", ["changed", "cut", "longer"])
def test_files_that_are_not_what_was_signed_are_noticed(site: Site, path: str, how: str) -> None:
    site.publish(300)
    data = (site.folder / "log" / path).read_bytes()
    spoilt = {"changed": data[:-1] + bytes([data[-1] ^ 1]), "cut": data[:-1], "longer": data + b"\0"}[how]
    site.spoil(path, spoilt)
    assert site.monitor()[0] == 2
    assert not site.state.exists()
    site.spoil(path, data)
    assert site.monitor()[0] == 0


def test_entries_that_are_served_differently_from_what_was_signed_are_noticed(site: Site, forked: World) -> None:
    """One set of files for both signed heads; only the entries are another history's."""
    site.publish(300)
    other = Store(site.folder.parent / "other" / "log")
    publish(site.folder.parent / "other", forked, 300)
    site.spoil("tile/entries/001.p/44", (other.folder / "tile/entries/001.p/44").read_bytes())
    assert site.monitor()[0] == 2


@pytest.mark.parametrize("checkpoint", [b"", b"hello\n", b"\xff\xfe", b"<html>wifi login</html>\n"])
def test_what_is_no_checkpoint_is_broken(site: Site, checkpoint: bytes) -> None:
    site.publish(3)
    site.spoil("checkpoint", checkpoint)
    assert site.monitor()[0] == 2
    assert site.evidence()[0]["saved_checkpoint"] == ""


def test_another_key_is_broken_and_a_known_key_stays(site: Site) -> None:
    site.publish(3)
    site.monitor()
    other = note.Ed25519Signer(site.world.origin, bytes(32))
    signed = note.sign(site.world.head(3).text, [other]).as_text()
    site.spoil("checkpoint", signed.encode())
    assert site.monitor()[0] == 2
    code, _, err = run("monitor", site.url, "--state", site.state, "--log-key", other.key.vkey)
    assert (code, "belongs to the log key" in err) == (3, True)


def test_without_a_key_the_first_one_is_kept_and_said(site: Site) -> None:
    site.publish(3)
    code, _, err = run("monitor", site.url, "--state", site.state)
    assert (code, site.world.signer.key.vkey in err) == (0, True)
    site.spoil("key", note.Ed25519Signer(site.world.origin, bytes(32)).key.vkey.encode())
    assert run("monitor", site.url, "--state", site.state)[::2] == (0, "")


# --- who cannot be reached -----------------------------------------------------------------------
def test_a_log_that_is_away_ends_with_3(site: Site) -> None:
    assert site.monitor()[0] == 3, "no checkpoint yet"
    site.publish(300)
    (site.folder / "log/tile/entries/001.p/44").unlink()
    code, _, err = site.monitor()
    assert (code, "tile/entries/001" in err) == (3, True)
    assert run("monitor", "http://127.0.0.1:1", "--state", site.state, "--log-key", site.world.signer.key.vkey)[0] == 3


@pytest.mark.parametrize(
    "wrong",
    [
        ["ftp://hub.example"],
        ["http://[half"],
        ["http://127.0.0.1:1", "--actor", "alice"],
        ["http://127.0.0.1:1", "--subject", "repo:x"],
        ["http://127.0.0.1:1", "--log-key", "nonsense"],
        ["http://127.0.0.1:1", "--every", "0"],
    ],
)
def test_a_wrong_call_ends_with_3(site: Site, wrong: list[str]) -> None:
    assert run("monitor", *wrong, "--state", site.state)[0] == 3


def test_a_spoilt_state_is_not_taken_for_none(site: Site) -> None:
    site.publish(3)
    for text in ("", "{}", "[]", '{"log_key": 1, "checkpoint": null}'):
        site.state.write_text(text)
        code, _, err = site.monitor()
        assert (code, "no state of a monitor" in err) == (3, True)
        assert site.state.read_text() == text


def test_it_needs_no_database_and_a_wrong_call_is_no_fork(site: Site, forked: World) -> None:
    site.publish(3)
    site.monitor()
    words = [sys.executable, "manage.py", "monitor", site.url, "--state", str(site.state), "--actor", ACTOR]

    def code(*more: str) -> int:
        environment = bare_environment(site.state.parent / "data")
        return subprocess.run([*words, *more], cwd=ROOT, env=environment, capture_output=True, timeout=60).returncode

    assert code("--unknown") == 3, "argparse says 2, which would be a fork"
    site.publish(3, long_world(3, other=1))
    assert code() == 2


# --- a real hub ----------------------------------------------------------------------------------
def test_a_real_hub_is_followed_until_it_shows_a_fork(ledger: Ledger, live_server: LiveServer, tmp_path: Path) -> None:
    def monitor(*arguments: str) -> tuple[int, str, str]:
        key = ("--log-key", ledger.log.verifier_key)
        return run("monitor", live_server.url, "--state", tmp_path / "state.json", *key, *arguments)

    ledger.grow(2)
    code, out, _ = monitor("--subject", HUB_REPOSITORY)
    assert (code, len(out.splitlines())) == (1, 2)
    ledger.grow(300)
    code, out, _ = monitor("--actor", HUB_ACTOR)
    assert (code, len(out.splitlines())) == (1, 300)
    publisher.show(storage.store())
    assert monitor("--actor", HUB_ACTOR)[0] == 0

    # The operator signs another history of the same length with the log's own key.
    from ledger import keys

    other = Head(ledger.log.origin, 303, b"\x01" * 32)
    signed = note.sign(other.text, [keys.log_signer(ledger.log.origin, ledger.log.verifier_key)])
    (ledger.folder / "checkpoint").write_text(signed.as_text())
    assert monitor()[0] == 2
    [evidence] = [json.loads(path.read_text()) for path in tmp_path.glob("state.json.evidence-*")]
    saved, found = (Note.from_text(evidence[name]) for name in ("saved_checkpoint", "found_checkpoint"))
    assert (saved.text.split("\n")[1], found.text) == ("303", other.text)
