"""The stand-alone verifier finds every lie that a hub signs with its own key."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ledger import canonical, note
from ledger.akashi_verify import verify_bundle
from tests.ledger.verifying import README, Members, file, members_of, passed, resigned
from tests.ledger.world import World


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
