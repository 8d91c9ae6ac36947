"""The static page and the Python file answer alike: the shared cases, every lie of a hub, and changes without number."""

import hashlib
import json
import random
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from ledger import canonical
from tests.browser.page_verifier import PageVerifier, Question, python_answer, question
from tests.ledger.test_akashi_verify_lies import LIES
from tests.ledger.verifying import CSV, README, Members, members_of, resigned
from tests.ledger.world import REPOSITORY, World, salt
from tests.vectors import cases

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
VECTORS = Path(__file__).resolve().parent.parent / "vectors"
CASES: list[dict[str, Any]] = json.loads((VECTORS / "cases.json").read_text(encoding="utf-8"))
FILES = {path.name: path.read_bytes() for path in VECTORS.iterdir() if path.suffix in (".bundle", ".checkpoint")}
EXAMPLE = FILES["example.bundle"]
KEYS = (VECTORS / "keys.vkey").read_text()


@pytest.fixture(scope="module")
def verifier(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageVerifier]:
    made = PageVerifier(chromium, tmp_path_factory.mktemp("page"))
    yield made
    made.page.close()


@pytest.fixture(scope="module")
def log() -> World:
    """A log of two revisions in three directories."""
    made = World()
    made.add("repository.created", {"kind": "dataset"}, {"name": {"name": "wine"}})
    first = made.publish({"README.md": README, "data/raw/wine.csv": CSV})
    made.publish({"README.md": b"# Wine, again\n", "data/raw/wine.csv": CSV}, parent=first)
    for number in range(3):
        made.add("reference.moved", {"number": number})
    return made


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def same_answers(verifier: PageVerifier, questions: list[Question]) -> None:
    """That both say the same of each: verdict, codes, sentences, and entries in words."""
    found = verifier.ask(questions)
    expected = [python_answer(asked) for asked in questions]
    differing = [(page, file) for page, file in zip(found, expected, strict=True) if page != file]
    assert differing == []
    assert verifier.errors == []


# --- shared cases --------------------------------------------------------------------------------
def asked_in(case: dict[str, Any]) -> Question:
    given = {name: case[name] for name in case if name not in ("name", "input", "flip", "files", "verdict", "checks")}
    return question(
        cases.data_of(FILES, case), {each["name"]: each["content"].encode() for each in case.get("files", [])}, **given
    )


def test_both_answer_every_shared_case_as_it_is_written(verifier: PageVerifier) -> None:
    questions = [asked_in(case) for case in CASES]
    same_answers(verifier, questions)
    for case, found in zip(CASES, verifier.ask(questions), strict=True):
        assert (found.verdict, [list(code) for code in found.codes]) == (case["verdict"], case["checks"]), case["name"]


def test_a_log_of_others_is_verified_only_by_its_own_key() -> None:
    found = [case["name"] for case in CASES if case["input"] == "foreign.bundle" and case["verdict"] == "verified"]
    assert found == ["a log of others, and its own key"]


# --- lies and changes ----------------------------------------------------------------------------
def test_both_find_every_lie_under_the_true_signature(verifier: PageVerifier, log: World) -> None:
    text, asked = log.bundle(anchor=log.anchor(4)), []
    for lie, _code in LIES:
        members = members_of(text)
        lie(members)
        asked.append(question(resigned(log, members), {"README.md": README}, log_key=log.signer.key.vkey))
    same_answers(verifier, asked)
    assert {found.verdict for found in verifier.ask(asked)} == {"refused"}


def test_both_refuse_the_same_thousand_changed_bits(verifier: PageVerifier, log: World) -> None:
    data = log.bundle(anchor=log.anchor(4)).encode()
    bits = random.Random(20261130).sample(range(8 * len(data)), 1000)
    questions = [question(flipped(data, bit), log_key=log.signer.key.vkey) for bit in bits]
    found, expected = verifier.ask(questions), [python_answer(each) for each in questions]
    assert [each.verdict for each in found] == ["refused"] * 1000
    assert [each.codes for each in found] == [each.codes for each in expected]


def test_other_changes_are_answered_alike_and_never_break_the_page(verifier: PageVerifier) -> None:
    """Bytes put in, taken out and put elsewhere, in the file and in everything that the reader gives with it."""
    chance = random.Random(11)
    given: dict[str, Any] = {
        "log_key": KEYS,
        "contract": "0x" + 40 * "5",
        "saved_checkpoint": FILES["cosigned.checkpoint"].decode(),
        "proof": 64 * "0",
        "witnesses": (VECTORS / "witnesses.vkey").read_text().split(),
    }
    questions = []
    for _ in range(150):
        source = chance.choice([FILES["cosigned.bundle"], FILES["cosigned.checkpoint"]])
        parts = {name: value for name, value in given.items() if chance.random() < 0.4}
        name = chance.choice(sorted(given))
        if isinstance(parts.get(name), str) and chance.random() < 0.5:
            parts[name] = scrambled(chance, parts[name].encode()).decode("utf-8", "replace")
        else:
            source = scrambled(chance, source)
        questions.append(question(source, **parts))
    found, expected = verifier.ask(questions), [python_answer(each) for each in questions]
    assert [each.verdict for each in found] == [each.verdict for each in expected]
    assert [each.codes for each in found] == [each.codes for each in expected]
    assert verifier.errors == []


def scrambled(chance: random.Random, data: bytes) -> bytes:
    at, length = chance.randrange(len(data)), chance.randrange(1, 40)
    piece = data[at : at + length]
    return chance.choice([
        data[:at] + data[at + length :], data[:at] + piece + data[at:], data[:at] + chance.randbytes(length) + data[at:],
        data[:at], data + piece, data.replace(b"\n", b"\r\n"), data[:at] + piece[::-1] + data[at + length :],
    ])  # fmt: skip


OTHER_KINDS: list[Any] = [None, True, -1, "x", {}, [[]], 2**53 - 1, {"__proto__": "x"}, {"constructor": {}}]


def test_members_of_another_kind_are_answered_alike(verifier: PageVerifier, log: World) -> None:
    whole = members_of(log.bundle([1], anchor=log.anchor(4), revisions=[], trees=[]))
    changed: list[Members] = []
    for value in OTHER_KINDS:
        changed += [{**whole, member: value} for member in whole]
        changed += [{**whole, "anchor": {**whole["anchor"], member: value}} for member in whole["anchor"]]
        changed += [{**whole, "entries": [{**whole["entries"][0], member: value}]} for member in whole["entries"][0]]
    same_answers(verifier, [question(resigned(log, each)) for each in changed])


# A file of one byte, of which a directory says that it has none.
LEAF = {"sha256": hashlib.sha256(b"x").hexdigest(), "size": 0, "type": "file"}
EMPTY = canonical.encode({"members": [], "type": "tree"})
BELOW = {"name": "d", "sha256": hashlib.sha256(EMPTY).hexdigest(), "type": "tree"}
DIRECTORIES: dict[str, Any] = {
    "in order of UTF-8": {
        "members": [{**LEAF, "name": name} for name in ("a", "b", "\ue000", "\U0001f600")],
        "type": "tree",
    },
    "in order of UTF-16": {"members": [{**LEAF, "name": name} for name in ("\U0001f600", "\ue000")], "type": "tree"},
    "out of order": {"members": [{**LEAF, "name": "b"}, {**LEAF, "name": "a"}], "type": "tree"},
    "twice": {"members": [{**LEAF, "name": "a"}, {**LEAF, "name": "a"}], "type": "tree"},
    "a path": {"members": [{**LEAF, "name": "a/b"}], "type": "tree"},
    "no name": {"members": [{**LEAF, "name": ""}], "type": "tree"},
    "a link": {"members": [{**LEAF, "name": "a", "type": "link"}], "type": "tree"},
    "a size below nothing": {"members": [{**LEAF, "name": "a", "size": -1}], "type": "tree"},
    "one size too much": {"members": [{**LEAF, "name": "a", "size": 1}], "type": "tree"},
    "an empty directory": {"members": [{**BELOW, "size": 0}], "type": "tree"},
    "an empty directory of one byte": {"members": [{**BELOW, "size": 1}], "type": "tree"},
    "no list": {"members": {}, "type": "tree"},
    "no directory": [],
}


def published(directory: Any, files: Mapping[str, bytes] | None = None) -> Question:
    """A bundle of a revision whose root is this, which says that it has as many files and no bytes."""
    text = canonical.encode(directory)
    root, below = hashlib.sha256(text).hexdigest(), EMPTY if BELOW["sha256"].encode() in text else b""
    count = 0 if below or not directory else len(directory["members"])
    data: Members = {"root_tree": root, "counts": {"files": count, "bytes": 0}}
    revision = canonical.encode({"akashi": 1, "type": "revision", **data})
    name = hashlib.sha256(revision).hexdigest()
    world = World()
    world.add("revision.published", data, subject=f"rev:{name}")
    trees = {root: text.decode(), **({BELOW["sha256"]: below.decode()} if below else {})}
    members = {**members_of(world.bundle()), "revisions": {name: revision.decode()}, "trees": trees}
    return question(resigned(world, members), files, log_key=world.signer.key.vkey)


def test_directories_are_taken_and_refused_alike(verifier: PageVerifier) -> None:
    asked = [published(directory) for directory in DIRECTORIES.values()]
    same_answers(verifier, asked)
    good = [name for name, found in zip(DIRECTORIES, verifier.ask(asked), strict=True) if found.verdict == "verified"]
    assert good == ["in order of UTF-8", "an empty directory"]


def test_a_file_of_another_size_than_its_directory_says_is_refused(verifier: PageVerifier) -> None:
    asked = published(DIRECTORIES["in order of UTF-8"], {"x": b"x"})
    same_answers(verifier, [asked])
    assert "but not its size" in next(text for code, _, text in verifier.ask([asked])[0].checks if code == "file")


# --- files ---------------------------------------------------------------------------------------
def test_files_in_salted_and_in_partial_trees_are_answered_alike(verifier: PageVerifier, log: World) -> None:
    private = World()
    private.publish({"secret.csv": CSV}, secret=salt("repository"))
    salts = [{f"repo:{REPOSITORY}": salt(name)} for name in ("repository", "another")]
    mine = {"secret.csv": CSV, "other.csv": b"other"}
    asked = [question(private.bundle(salts=each).encode(), mine) for each in [*salts, {}]]
    asked += [question(log.bundle(trees=[]).encode(), mine), question(log.bundle().encode(), mine)]
    same_answers(verifier, asked)
    assert [found.codes.count(("file", True)) for found in verifier.ask(asked)] == [1, 0, 0, 0, 1]


def test_a_bundle_of_a_thousand_entries_takes_seconds(verifier: PageVerifier) -> None:
    large = World()
    for number in range(1000):
        large.add("reference.moved", {"number": number}, {"name": {"name": f"branch {number} \u8a3c"}})
    asked = question(large.bundle(anchor=large.anchor(900)).encode(), log_key=large.signer.key.vkey)
    same_answers(verifier, [asked])
    began = time.monotonic()
    assert verifier.ask([asked])[0].verdict == "verified"
    assert time.monotonic() - began < 10
