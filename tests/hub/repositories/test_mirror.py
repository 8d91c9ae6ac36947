"""`mirror --files` copies the public bytes of a real hub, compares each with the log, and leaves out what is not public."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from pytest_django.live_server_helper import LiveServer

from hub import events
from hub.accounts.models import Account
from hub.repositories import mirroring, tree
from hub.repositories.changes import Change
from hub.repositories.mirroring import Copied, FileMirror
from hub.repositories.services import create_repository, publish_revision, withdraw
from ledger import entry
from ledger.canonical import JSON
from ledger.errors import Broken, Busy
from ledger.fetching import Client
from ledger.mirroring import Mirror
from tests.hub.factories import make_account
from tests.ledger.conftest import Ledger, folders, ledger, node
from tests.ledger.remote import file_server, run

__all__ = ["folders", "ledger", "node"]

CARD = "---\nlicense: cc-by-4.0\ndatasets: []\n---\n# cells\n\nMeasurements of 569 cell samples.\n"
FILES = {"data/a b/値.csv": b"x,y\n1,2\n", "empty.txt": b"", "weights.txt": b"w" * 200_000}


@pytest.fixture(autouse=True)
def _blobs(settings: LazySettings, tmp_path: Path) -> Iterator[None]:
    settings.BLOB_DIR = tmp_path / "hub-blobs"
    cache.clear()
    yield


class Hub:
    """A hub with one public model and whatever a test adds."""

    def __init__(self, ledger: Ledger, url: str, folder: Path) -> None:
        self.ledger, self.url, self.folder = ledger, url, folder
        self.alice: Account = make_account("alice")

    def create(self, name: str, visibility: str = "public", files: dict[str, bytes] | None = None) -> object:
        changes = [Change(path, content=data) for path, data in (FILES if files is None else files).items()]
        made = create_repository(
            account=self.alice, kind="model", name=name, visibility=visibility, card=CARD, now=self.ledger.now,
            message="First.", work_kind="model", files=changes,
        )  # fmt: skip
        self.publish()
        return made

    def publish(self) -> None:
        self.ledger.sequence()
        self.ledger.publish()

    def mirror(self, *more: str) -> tuple[int, str, str]:
        key = ("--log-key", self.ledger.log.verifier_key)
        return run("mirror", self.url, self.folder, *key, "--files", *more)

    def blobs(self) -> dict[str, bytes]:
        files = (path for path in (self.folder / "blobs").rglob("*") if path.is_file())
        return {path.parent.name + path.name: path.read_bytes() for path in files}


@pytest.fixture
def hub(ledger: Ledger, live_server: LiveServer, tmp_path: Path) -> Hub:
    return Hub(ledger, live_server.url, tmp_path / "copy")


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_public_bytes_are_copied_by_their_digest_and_only_once(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.create("cells")
    code, out, err = hub.mirror()
    assert (code, err) == (0, "")
    blobs = hub.blobs()
    assert all(blobs[digest(data)] == data for data in (*FILES.values(), CARD.encode()))
    assert all(name == digest(data) for name, data in blobs.items())
    assert "1 revisions looked through, 4 new files" in out
    read: list[str] = []
    ask = Client._send

    def counted(self: Client, method: str, path: str, *rest: object) -> object:
        read.append(path)
        return ask(self, method, path, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Client, "_send", counted)
    assert hub.mirror()[0] == 0
    assert read == ["/log/checkpoint"], "nothing that is here is asked for again"
    (hub.folder / "blobs" / digest(b"")[:2] / digest(b"")[2:]).unlink()
    assert "1 new files (0 bytes)" in hub.mirror()[1]


def test_a_served_copy_is_accepted_by_a_monitor(hub: Hub, tmp_path: Path) -> None:
    made = hub.create("cells")
    assert hub.mirror()[0] == 0
    subject = f"repo:{made.pk}"  # type: ignore[attr-defined]
    key = ("--log-key", hub.ledger.log.verifier_key)
    with file_server(hub.folder) as url:
        code, out, err = run("monitor", url, "--state", tmp_path / "state", *key, "--subject", subject)
    assert (code, err) == (1, "")
    assert "repository.created" in out
    assert "revision.published" in out


def test_what_is_not_public_is_left_out(hub: Hub) -> None:
    hub.create("hidden", "private", {"secret.txt": b"secret"})
    gone = hub.create("gone", files={"gone.txt": b"gone"})
    withdraw(account=hub.alice, repository=gone, reason=events.REMOVAL_REASONS[0], now=hub.ledger.now)  # type: ignore[arg-type]
    hub.create("cells")
    code, out, err = hub.mirror()
    assert (code, err) == (0, "")
    blobs = hub.blobs()
    assert digest(b"secret") not in blobs
    assert digest(b"gone") not in blobs
    assert digest(FILES["weights.txt"]) in blobs
    assert "2 revisions and 0 files are not public" in out


def test_a_hub_that_sends_other_bytes_is_caught(hub: Hub, tmp_path: Path, settings: LazySettings) -> None:
    hub.create("cells")
    name = digest(FILES["weights.txt"])
    [file] = [path for path in Path(settings.BLOB_DIR).rglob("*") if path.is_file() and name.endswith(path.name[-60:])]
    file.chmod(0o600)
    file.write_bytes(b"v" * 200_000)
    code, _, err = hub.mirror()
    assert (code, "weights.txt" in err) == (2, True)
    assert name not in hub.blobs()
    assert digest(FILES["data/a b/値.csv"]) in hub.blobs(), "the others are copied all the same"
    file.write_bytes(FILES["weights.txt"])
    assert hub.mirror()[0] == 0
    assert name in hub.blobs()


def test_a_second_revision_adds_only_what_is_new(hub: Hub) -> None:
    made = hub.create("cells")
    assert hub.mirror()[0] == 0
    publish_revision(
        account=hub.alice, repository=made, changes=[Change("more.txt", content=b"more")], message="More.",  # type: ignore[arg-type]
        kind="data", metrics=[], now=hub.ledger.now,
    )  # fmt: skip
    hub.publish()
    code, out, _ = hub.mirror()
    assert (code, "1 new files (4 bytes)" in out) == (0, True)


def test_a_hub_that_asks_for_patience_gets_it(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.create("cells")
    assert run("mirror", hub.url, hub.folder, "--log-key", hub.ledger.log.verifier_key)[0] == 0
    waits: list[float] = []
    get, busy = Client.get, [3, 2]

    def sometimes(self: Client, path: str, *, most: int) -> bytes:
        if busy and path.startswith("/api/"):
            raise Busy(path, "busy (status 429)", busy.pop())
        return get(self, path, most=most)

    monkeypatch.setattr(Client, "get", sometimes)
    client = Client(hub.url)
    bodies = [body for _, body in Mirror(hub.folder).entries(hub.ledger.check())]
    done = FileMirror(hub.folder, wait=waits.append).copy(client, bodies)
    client.close()
    assert (waits, done.files) == ([2, 3], 4)
    assert done.wrong == []


def test_entries_that_name_no_revision_or_repository_stop_nothing(tmp_path: Path) -> None:
    names: list[tuple[str, dict[str, JSON]]] = [
        ("rev:" + 64 * "a", {}),
        ("rev:" + 64 * "a", {"repo": 7}),
        ("rev:" + 64 * "a", {"repo": "repo:../../me"}),
        ("goods:https://x/../../../etc/passwd", {"repo": f"repo:{UUID(int=1)}"}),
    ]
    bodies = [
        entry.build(
            type="revision.published", subject=subject, actor="sys:hub", time=datetime.now(UTC), data=data, details={}
        )
        for subject, data in names
    ]
    nowhere = Client("http://127.0.0.1:9")
    assert FileMirror(tmp_path).copy(nowhere, bodies) == Copied()


def test_a_few_directories_with_endless_paths_are_walked_once_each() -> None:
    leaf = tree.Member("file", tree.FILE, digest(b""), 0)
    bodies = [tree.encode([leaf])]
    for _ in range(30):
        below = tree.digest_of(bodies[-1])
        bodies.append(tree.encode([tree.Member(f"{number:04}", tree.TREE, below, 0) for number in range(100)]))
    kept = {tree.digest_of(body): body for body in bodies}
    read: list[str] = []

    def opened(name: str) -> bytes:
        read.append(name)
        return kept[name]

    found = list(mirroring._files(opened, tree.digest_of(bodies[-1])))
    assert (len(found), found[0][1], len(read)) == (1, leaf.leaf, 31)
    too_deep = bodies[-1]
    for _ in range(5):
        too_deep = tree.encode([tree.Member("x", tree.TREE, tree.digest_of(too_deep), 0)])
        kept[tree.digest_of(too_deep)] = too_deep
    with pytest.raises(Broken, match="nested too deeply"):
        list(mirroring._files(opened, tree.digest_of(too_deep)))
