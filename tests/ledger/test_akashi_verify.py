"""The stand-alone verifier: what it accepts, what it refuses, and what it says about either."""

import ast
import hashlib
import json
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger import akashi_verify, canonical, note
from ledger.akashi_verify import FileDigest, Report, verify_bundle
from tests.ledger.world import REPOSITORY, Operator, World, salt

SCRIPT = Path(akashi_verify.__file__)
README, CSV = b"# Wine\n", b"1,2,3\n"
Members = dict[str, Any]


@pytest.fixture(scope="module")
def world() -> World:
    """Six entries with two revisions; the first four are anchored."""
    made = World()
    made.add("repository.created", {"kind": "dataset"}, {"name": {"name": "\u8a3c/wine"}})
    first = made.publish({"README.md": README, "data/raw/wine.csv": CSV})
    made.add("reference.moved", {"number": 1})
    made.publish({"README.md": b"# Wine 2\n", "data/raw/wine.csv": CSV}, parent=first)
    made.add("file.scanned", {"verdict": "safe"})
    made.add("repository.renamed", {}, {"name": {"name": "wine"}})
    return made


@pytest.fixture(scope="module")
def text(world: World) -> str:
    return world.bundle(anchor=world.anchor(4))


def passed(report: Report, code: str) -> list[bool | None]:
    return [check.passed for check in report.checks if check.code == code]


def file(name: str, content: bytes) -> FileDigest:
    return FileDigest(name, hashlib.sha256(content).digest(), len(content))


def members_of(text: str) -> Members:
    members: Members = canonical.decode(note.Note.from_text(text).text[:-1].encode())
    return members


def resigned(world: World, members: Members) -> bytes:
    """A bundle that a lying hub signs with the true key."""
    return note.sign(canonical.encode(members).decode() + "\n", [world.signer]).as_text().encode()


# --- the four answers ----------------------------------------------------------------------------


def test_with_the_log_key_a_true_bundle_is_verified(world: World, text: str) -> None:
    report = verify_bundle(text.encode(), log_key=world.signer.key.vkey)
    assert (report.verdict, report.exit_code) == ("verified", 0)
    assert [entry["index"] for entry in report.entries] == list(range(6))
    assert all(check.passed for check in report.checks)


def test_the_keys_as_the_log_serves_them_are_taken_too(world: World, text: str) -> None:
    served = f"{world.signer.key.vkey}\n{world.operator.key.vkey}\n"
    assert verify_bundle(text.encode(), log_key=served).verdict == "verified"
    assert verify_bundle(text.encode(), log_key="").verdict == "refused"


def test_without_anything_trusted_it_is_consistent_but_not_with_whom(text: str) -> None:
    report = verify_bundle(text.encode())
    assert (report.verdict, report.exit_code) == ("consistent", 2)
    assert "not with whom" in report.summary


def test_another_log_key_is_refused(text: str) -> None:
    other = note.Ed25519Signer("akashi.local/1f2e3d4c", salt("another key")).key.vkey
    report = verify_bundle(text.encode(), log_key=other)
    assert (report.verdict, report.exit_code) == ("refused", 1)
    assert passed(report, "log_key") == [False]


def test_a_forger_with_keys_of_his_own_is_refused_by_the_readers_key(world: World) -> None:
    forger = World(operator=Operator(secret=bytes([8]) * 32))
    forger.add("repository.created", {})
    signer = note.Ed25519Signer(forger.origin, salt("forger"))
    head = forger.head()
    by_operator = note.Note.from_text(forger.checkpoint()).signatures[1]
    checkpoint = note.sign(head.text, [signer]).with_signature(by_operator).as_text()
    forged = forger.bundle(signer=signer, checkpoint=checkpoint).encode()
    assert verify_bundle(forged).verdict == "consistent"
    assert verify_bundle(forged, log_key=world.signer.key.vkey).verdict == "refused"


def test_the_contract_alone_is_compared_but_trusts_nobody(world: World, text: str) -> None:
    contract = "0x" + world.operator.contract.hex()
    report = verify_bundle(text.encode(), contract=contract)
    assert report.verdict == "consistent"
    assert passed(report, "contract") == [True]
    assert verify_bundle(text.encode(), contract="0x" + "00" * 20).verdict == "refused"
    assert verify_bundle(text.encode(), log_key=world.signer.key.vkey, contract=contract.upper()).verdict == "verified"


# --- every byte counts ---------------------------------------------------------------------------


def test_a_changed_bit_in_any_byte_of_a_bundle_is_refused() -> None:
    small = World()
    small.add("repository.created", {})
    data = small.bundle().encode()
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1 << place % 8
        assert verify_bundle(bytes(changed)).verdict == "refused", place


def test_random_changed_bits_of_a_larger_bundle_are_refused(text: str) -> None:
    data = text.encode()
    for bit in random.Random(20261117).sample(range(8 * len(data)), 1000):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        assert verify_bundle(bytes(changed)).verdict == "refused", bit


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"\xff\xfe", b"{}", b"PK\x03\x04", b"a" * 1000, b"[" * 100_000 + b"\n\n\n"]
)
def test_what_is_no_bundle_is_refused_in_words(data: bytes) -> None:
    report = verify_bundle(data)
    assert report.verdict == "refused"
    assert report.checks[0].text.endswith(".")


def test_bytes_before_and_after_a_bundle_are_refused(text: str) -> None:
    for wrong in ("\n" + text, text + "\n", text + text, text[:-1], "\ufeff" + text, text.replace("\n", "\r\n")):
        assert verify_bundle(wrong.encode()).verdict == "refused"


# --- a hub that lies with its own key ------------------------------------------------------------


def change_entry(members: Members) -> None:
    members["entries"][0]["body"] = members["entries"][0]["body"].replace("dataset", "modelset")


def change_index(members: Members) -> None:
    members["entries"][2]["index"] = 5
    del members["entries"][3:]


def change_proof(members: Members) -> None:
    members["entries"][2]["proof"][0] = "00" * 32


def drop_proof(members: Members) -> None:
    members["entries"][2]["proof"].pop()


def lengthen_proof(members: Members) -> None:
    members["entries"][2]["proof"].append("00" * 32)


def beyond_the_tree(members: Members) -> None:
    members["entries"][5]["index"] = 6


def swap_entries(members: Members) -> None:
    members["entries"].reverse()


def repeat_entry(members: Members) -> None:
    members["entries"].insert(0, members["entries"][0])


def change_words(members: Members) -> None:
    members["entries"][0]["details"]["name"]["body"] = '{"name":"other"}'


def change_salt(members: Members) -> None:
    members["entries"][0]["details"]["name"]["salt"] = "00" * 32


def add_words(members: Members) -> None:
    members["entries"][0]["details"]["comment"] = {"body": "{}", "salt": "00" * 32}


def change_revision(members: Members) -> None:
    name, body = next(iter(members["revisions"].items()))
    members["revisions"][name] = body.replace("CC-BY-4.0", "CC-BY-NC-4.0")


def rename_revision(members: Members) -> None:
    name, body = next(iter(members["revisions"].items()))
    changed = body.replace("CC-BY-4.0", "CC-BY-NC-4.0")
    del members["revisions"][name]
    members["revisions"][hashlib.sha256(changed.encode()).hexdigest()] = changed


def drop_publishing_entry(members: Members) -> None:
    del members["entries"][1]


def change_tree(members: Members) -> None:
    name = next(name for name, body in members["trees"].items() if "wine.csv" in body)
    members["trees"][name] = members["trees"][name].replace("wine.csv", "beer.csv")


def add_tree(members: Members) -> None:
    body = '{"members":[],"type":"tree"}'
    members["trees"][hashlib.sha256(body.encode()).hexdigest()] = body


def change_anchor_root(members: Members) -> None:
    members["anchor"]["root"] = "00" * 32


def change_anchor_size(members: Members) -> None:
    members["anchor"]["size"] = 3


def empty_anchor(members: Members) -> None:
    members["anchor"] |= {"size": 0, "root": hashlib.sha256(b"").hexdigest(), "proof": []}


def change_anchor_contract(members: Members) -> None:
    members["anchor"]["contract"] = "0x" + "00" * 20


def change_anchor_chain(members: Members) -> None:
    members["anchor"]["chain_id"] = 1


def unsigned_checkpoint(members: Members) -> None:
    members["checkpoint"] = members["checkpoint"].rpartition("\u2014")[0]


def change_checkpoint(members: Members) -> None:
    members["checkpoint"] = members["checkpoint"].replace("\n6\n", "\n7\n")


def rename_origin(members: Members) -> None:
    members["origin"] = "another.example"


def rename_operator(members: Members) -> None:
    key = note.OperatorKey.from_vkey(members["operator_key"])
    members["operator_key"] = replace(key, name="another").vkey


LIES: list[tuple[Callable[[Members], None], str]] = [
    (change_entry, "entries"),
    (change_index, "entries"),
    (change_proof, "entries"),
    (drop_proof, "entries"),
    (lengthen_proof, "entries"),
    (beyond_the_tree, "entries"),
    (swap_entries, "entries"),
    (repeat_entry, "entries"),
    (change_words, "details"),
    (change_salt, "details"),
    (add_words, "details"),
    (change_revision, "revisions"),
    (rename_revision, "revisions"),
    (drop_publishing_entry, "revisions"),
    (change_tree, "revisions"),
    (add_tree, "revisions"),
    (change_anchor_root, "anchor"),
    (change_anchor_size, "anchor"),
    (empty_anchor, "anchor"),
    (change_anchor_contract, "anchor"),
    (change_anchor_chain, "anchor"),
    (unsigned_checkpoint, "checkpoint"),
    (change_checkpoint, "checkpoint"),
    (rename_origin, "signature"),
    (rename_operator, "signature"),
]


@pytest.mark.parametrize(("lie", "code"), LIES, ids=[lie.__name__ for lie, _ in LIES])
def test_a_lie_under_the_true_signature_is_found(
    world: World, text: str, lie: Callable[[Members], None], code: str
) -> None:
    members = members_of(text)
    lie(members)
    report = verify_bundle(resigned(world, members), log_key=world.signer.key.vkey)
    assert report.verdict == "refused"
    assert passed(report, code) == [False]


@pytest.mark.parametrize("member", sorted(members_of(World().bundle([]))))
def test_a_bundle_without_one_of_its_members_is_refused(world: World, text: str, member: str) -> None:
    members = members_of(text)
    del members[member]
    assert verify_bundle(resigned(world, members)).verdict == "refused"


@pytest.mark.parametrize("value", [None, True, 0, -1, "", "x", [], {}, ["x"], {"x": "y"}, [[]], [{}]], ids=repr)
def test_nothing_of_another_kind_in_any_member_escapes_as_an_exception(world: World, text: str, value: object) -> None:
    original = members_of(text)
    for member in original:
        report = verify_bundle(resigned(world, {**original, member: value}), files=[file("README.md", README)])
        harmless = (value == {} and member in ("salts", "trees")) or (member == "anchor" and value is None)
        unlisted = member == "entries" and value == []
        assert report.verdict == "refused" or harmless or unlisted, member
    for member in original["anchor"]:
        changed = {**original, "anchor": {**original["anchor"], member: value}}
        kept = member == "block" and value == 0 and value is not False
        assert verify_bundle(resigned(world, changed)).verdict == "refused" or kept, member
    for member in original["entries"][0]:
        changed = {**original, "entries": [{**original["entries"][0], member: value}], "revisions": {}, "trees": {}}
        kept = (member == "details" and value == {}) or (member == "index" and value == 0 and value is not False)
        assert verify_bundle(resigned(world, changed)).verdict == "refused" or kept, member


FILE = {"sha256": "00" * 32, "size": 0, "type": "file"}


@pytest.mark.parametrize(
    "tree",
    [
        {"members": [{**FILE, "name": "b"}, {**FILE, "name": "a"}], "type": "tree"},
        {"members": [{**FILE, "name": "a"}, {**FILE, "name": "a"}], "type": "tree"},
        {"members": [{**FILE, "name": "a/b"}], "type": "tree"},
        {"members": [{**FILE, "name": ""}], "type": "tree"},
        {"members": [{**FILE, "name": "a", "type": "link"}], "type": "tree"},
        {"members": [{**FILE, "name": "a", "size": -1}], "type": "tree"},
        {"members": [{**FILE, "name": "a", "mode": 7}], "type": "tree"},
        {"members": [], "type": "file"},
        {"members": {}, "type": "tree"},
        {"members": []},
        [],
    ],
    ids=str,
)
def test_what_is_no_directory_is_refused_even_when_it_was_published(tree: Any) -> None:
    body = canonical.encode(tree)
    root = hashlib.sha256(body).hexdigest()
    data: Members = {"root_tree": root, "counts": {"files": 1, "bytes": 0}}
    revision = canonical.encode({"akashi": 1, "type": "revision", **data})
    name = hashlib.sha256(revision).hexdigest()
    world = World()
    world.add("revision.published", data, subject=f"rev:{name}")
    members = {**members_of(world.bundle()), "revisions": {name: revision.decode()}, "trees": {root: body.decode()}}
    assert passed(verify_bundle(resigned(world, members)), "revisions") == [False]


def test_directories_nested_without_end_are_refused(world: World) -> None:
    deep = World()
    body = '{"members":[],"type":"tree"}'
    trees = {}
    for _ in range(3000):
        digest = hashlib.sha256(body.encode()).hexdigest()
        trees[digest] = body
        body = f'{{"members":[{{"name":"d","sha256":"{digest}","size":0,"type":"tree"}}],"type":"tree"}}'
    root = hashlib.sha256(body.encode()).hexdigest()
    trees[root] = body
    revision = canonical.encode(
        {"akashi": 1, "type": "revision", "root_tree": root, "counts": {"files": 0, "bytes": 0}}
    )
    name = hashlib.sha256(revision).hexdigest()
    data = {"root_tree": root, "counts": {"files": 0, "bytes": 0}}
    deep.add("revision.published", data, subject=f"rev:{name}")
    members = {**members_of(deep.bundle()), "revisions": {name: revision.decode()}, "trees": trees}
    report = verify_bundle(resigned(deep, members), files=[file("x", b"x")])
    assert passed(report, "revisions") == passed(report, "file") == [False]


# --- files ---------------------------------------------------------------------------------------


def test_a_readers_file_is_found_where_it_was_first_published(world: World, text: str) -> None:
    report = verify_bundle(text.encode(), log_key=world.signer.key.vkey, files=[file("copy.csv", CSV)])
    found = next(check for check in report.checks if check.code == "file")
    assert (found.passed, found.values["path"], found.values["index"]) == (True, "data/raw/wine.csv", 1)
    assert report.verdict == "verified"


def test_a_file_that_differs_by_a_bit_is_refused(world: World, text: str) -> None:
    report = verify_bundle(text.encode(), log_key=world.signer.key.vkey, files=[file("wine.csv", b"1,2,2\n")])
    assert passed(report, "file") == [False]
    assert report.verdict == "refused"


def test_a_file_cannot_be_missed_in_trees_that_are_not_there(world: World) -> None:
    partial = world.bundle(trees=[])
    report = verify_bundle(partial.encode(), log_key=world.signer.key.vkey, files=[file("wine.csv", CSV)])
    assert passed(report, "file") == [None]
    assert (report.verdict, report.exit_code) == ("unchecked", 3)


def test_the_path_to_one_file_is_enough_to_prove_it(world: World) -> None:
    first = next(iter(world.revisions))
    root = json.loads(world.revisions[first])["root_tree"]
    partial = world.bundle([1], trees=[world.trees[root]])
    report = verify_bundle(partial.encode(), log_key=world.signer.key.vkey, files=[file("README.md", README)])
    assert report.verdict == "verified"
    assert next(check for check in report.checks if check.code == "revisions").values["complete"] == 0


def test_a_salted_file_is_found_with_the_salt_and_not_without() -> None:
    private = World()
    private.publish({"secret.csv": CSV}, secret=salt("repository"))
    key, salts = private.signer.key.vkey, {f"repo:{REPOSITORY}": salt("repository")}
    mine = [file("secret.csv", CSV)]
    assert verify_bundle(private.bundle(salts=salts).encode(), log_key=key, files=mine).verdict == "verified"
    assert verify_bundle(private.bundle().encode(), log_key=key, files=mine).verdict == "unchecked"
    wrong = {f"repo:{REPOSITORY}": salt("another")}
    assert verify_bundle(private.bundle(salts=wrong).encode(), log_key=key, files=mine).verdict == "refused"
    assert hashlib.sha256(CSV).hexdigest() not in private.bundle(salts=salts)


# --- a saved checkpoint --------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "compared"), [(6, True), (4, True), (3, False)])
def test_a_saved_checkpoint_says_whom_to_trust(world: World, text: str, size: int, compared: bool) -> None:
    report = verify_bundle(text.encode(), saved_checkpoint=world.checkpoint(size))
    assert report.verdict == "verified"
    assert next(check for check in report.checks if check.code == "saved").values["compared"] is compared


def test_a_saved_checkpoint_of_another_history_shows_the_fork(world: World, text: str) -> None:
    other = World()
    for number in range(6):
        other.add("reference.moved", {"number": number})
    for size in (4, 6):
        report = verify_bundle(text.encode(), saved_checkpoint=other.checkpoint(size))
        assert report.verdict == "refused"
        saved = next(check for check in report.checks if check.code == "saved")
        assert "two different histories" in saved.text


def test_a_saved_checkpoint_by_another_log_or_broken_is_refused(world: World, text: str) -> None:
    other = World(operator=Operator(origin="another.example"))
    other.add("repository.created", {})
    broken = note.Note.from_text(world.checkpoint())
    line = broken.signatures[0]
    broken = replace(broken, signatures=(replace(line, signature=bytes(64)),))
    for saved in (other.checkpoint(), broken.as_text(), "not a note", ""):
        report = verify_bundle(text.encode(), saved_checkpoint=saved)
        assert report.verdict == "refused"


# --- the command ---------------------------------------------------------------------------------


def run(*arguments: str, folder: Path, encoding: str = "utf-8") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *arguments]
    environment = {"PYTHONIOENCODING": encoding}
    return subprocess.run(command, cwd=folder, capture_output=True, encoding=encoding, env=environment, check=False)


def test_the_command_answers_in_words_and_exit_codes(world: World, text: str, tmp_path: Path) -> None:
    (tmp_path / "wine.bundle").write_text(text, encoding="utf-8")
    (tmp_path / "wine.csv").write_bytes(CSV)
    (tmp_path / "other.csv").write_bytes(b"4,5,6\n")
    key = world.signer.key.vkey
    verified = run("wine.bundle", "--log-key", key, "--file", "wine.csv", folder=tmp_path)
    assert verified.returncode == 0
    assert "\u2713 wine.csv is, byte for byte, data/raw/wine.csv" in verified.stdout
    assert "What this cannot show:" in verified.stdout
    assert verified.stdout.endswith("Verified: every record in this bundle is in the log you trust.\n")
    assert "\x1b" not in verified.stdout
    assert run("wine.bundle", folder=tmp_path).returncode == 2
    refused = run("wine.bundle", "--log-key", key, "--file", "other.csv", folder=tmp_path)
    assert refused.returncode == 1
    assert "\u2717 The file other.csv is in none of the revisions" in refused.stdout
    (tmp_path / "saved").write_text(world.checkpoint(4), encoding="utf-8")
    assert run("wine.bundle", "--checkpoint", "saved", folder=tmp_path).returncode == 0


def test_the_command_answers_in_json(world: World, text: str, tmp_path: Path) -> None:
    (tmp_path / "wine.bundle").write_text(text, encoding="utf-8")
    found = run("wine.bundle", "--json", "--log-key", world.signer.key.vkey, folder=tmp_path)
    answer = json.loads(found.stdout)
    assert found.returncode == 0
    assert answer["verdict"] == "verified"
    assert [entry["index"] for entry in answer["entries"]] == list(range(6))


@pytest.mark.parametrize(
    "arguments",
    [[], ["absent.bundle"], ["--unknown"], ["wine.bundle", "--file", "absent"], ["wine.bundle", "--rpc", "x"]],
)
def test_a_wrong_call_exits_with_3(text: str, tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "wine.bundle").write_text(text, encoding="utf-8")
    found = run(*arguments, folder=tmp_path)
    assert found.returncode == 3
    assert found.stderr
    assert "Traceback" not in found.stderr


def test_names_in_a_bundle_cannot_steer_the_terminal(tmp_path: Path) -> None:
    hostile = World()
    hostile.publish({"\x1b[2J\u202eevil.csv": CSV})
    (tmp_path / "b").write_text(hostile.bundle(), encoding="utf-8")
    (tmp_path / "c").write_bytes(CSV)
    found = run("b", "--file", "c", folder=tmp_path)
    assert "?[2J?evil.csv" in found.stdout
    assert "\x1b" not in found.stdout


def test_a_terminal_without_the_marks_gets_plain_ones(text: str, tmp_path: Path) -> None:
    (tmp_path / "b").write_text(text, encoding="utf-8")
    assert run("b", folder=tmp_path, encoding="ascii").stdout.startswith("+ The bundle is whole")


def test_it_imports_the_standard_library_alone_and_is_python_3_9() -> None:
    tree = ast.parse(SCRIPT.read_text(encoding="utf-8"), feature_version=(3, 9))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} <= set(sys.stdlib_module_names)
