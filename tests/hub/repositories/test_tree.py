"""Trees: canonical directories, changes by path, differences and proofs."""

import hashlib
from collections.abc import Collection, Mapping
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.repositories.tree import (
    EMPTY_ROOT,
    MAX_DEPTH,
    MAX_MEMBERS,
    Applied,
    Leaf,
    Member,
    Reason,
    TreeRefused,
    apply_changes,
    clean_path,
    decode,
    diff_trees,
    digest_of,
    encode,
    find,
    path_proof,
    salted_leaf,
    verify_path,
    walk,
)


class Shelf:
    """Directories in memory that counts what is read from it."""

    def __init__(self) -> None:
        self.trees: dict[str, bytes] = {}
        self.read: list[str] = []

    def __call__(self, digests: Collection[str]) -> Mapping[str, bytes]:
        self.read.extend(digests)
        return {digest: self.trees[digest] for digest in digests}

    def apply(self, root: str | None, changes: dict[str, Leaf | None]) -> Applied:
        applied = apply_changes(self, root, changes)
        self.trees.update(applied.trees)
        return applied


def leaf(text: str) -> Leaf:
    return Leaf(hashlib.sha256(text.encode()).hexdigest(), len(text))


def build(*paths: str) -> tuple[Shelf, str]:
    shelf = Shelf()
    return shelf, shelf.apply(None, {path: leaf(path) for path in paths}).root


names = st.sampled_from(["a", "b", "c.txt", "デ", "z z"])
paths = st.lists(names, min_size=1, max_size=3).map("/".join)


# --- form ----------------------------------------------------------------------------------------
@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.integers(0, 2**53 - 1)))
def test_a_directory_is_rfc_8785_json(sizes: dict[str, int]) -> None:
    members = [Member(name, "file", leaf(name).digest, size) for name, size in sizes.items()]
    ordered = sorted(members, key=lambda m: m.name.encode())
    plain: Any = {
        "type": "tree",
        "members": [{"type": m.type, "size": m.size, "sha256": m.digest, "name": m.name} for m in ordered],
    }
    assert encode(members) == rfc8785.dumps(plain)


def test_the_bytes_of_a_directory_never_change() -> None:
    members = [Member("b", "tree", "1" * 64, 7), Member("a", "file", "0" * 64, 5)]
    expected = (
        '{"members":[{"name":"a","sha256":"' + "0" * 64 + '","size":5,"type":"file"},'
        '{"name":"b","sha256":"' + "1" * 64 + '","size":7,"type":"tree"}],"type":"tree"}'
    )
    assert encode(members) == expected.encode()
    assert decode(encode(members)) == (members[1], members[0])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"members":[]}',
        b'{"members":[],"type":"tree"} ',
        b'{"members":[{"name":"a","sha256":"00","size":1,"type":"file"}],"type":"tree"}',
        encode([Member("a", "file", "0" * 64, 1)]).replace(b'"size":1', b'"size":-1'),
        encode([Member("a", "file", "0" * 64, 1)]).replace(b'"size":1', b'"size":true'),
        encode([Member("a", "file", "0" * 64, 1)]).replace(b'"size":1', b'"size":1.0'),
        encode([Member("a", "file", "0" * 64, 1)]).replace(b'"file"', b'"link"'),
        encode([Member("a", "file", "0" * 64, 1)]).replace(b'"a"', b'"a/b"').replace(b"a/b", b".."),
        encode([Member("a", "file", "0" * 64, 1), Member("a", "file", "1" * 64, 1)]),
        b'{"members":' + b"[" * 100_000,
    ],
)
def test_a_directory_in_any_other_form_is_refused(body: bytes) -> None:
    with pytest.raises(TreeRefused) as refused:
        decode(body)
    assert refused.value.reason in {Reason.MALFORMED, Reason.DOTS}


def test_a_salted_leaf_hides_the_file_and_depends_on_both() -> None:
    sha256 = leaf("x").digest
    expected = hashlib.sha256(b"s" * 32 + bytes.fromhex(sha256)).hexdigest()
    assert salted_leaf(b"s" * 32, sha256) == expected
    assert salted_leaf(b"t" * 32, sha256) != expected


# --- paths ---------------------------------------------------------------------------------------
def test_both_unicode_spellings_of_a_name_are_one_path() -> None:
    assert clean_path("caf\u0065\u0301.txt") == clean_path("caf\u00e9.txt") == "caf\u00e9.txt"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("", Reason.EMPTY),
        ("a//b", Reason.EMPTY),
        ("a/", Reason.EMPTY),
        (" a", Reason.EMPTY),
        ("a \u3000", Reason.EMPTY),
        ("/etc/passwd", Reason.ABSOLUTE),
        ("../x", Reason.DOTS),
        ("a/./b", Reason.DOTS),
        ("a\\b", Reason.SEPARATOR),
        ("a\x00b", Reason.CHARACTER),
        ("a\nb", Reason.CHARACTER),
        ("a\u2028b", Reason.CHARACTER),
        ("gpj.\u202eexe", Reason.CHARACTER),
        ("\ud800", Reason.CHARACTER),
        (".git/config", Reason.RESERVED),
        ("x/.GIT/hooks", Reason.RESERVED),
        ("あ" * 86, Reason.LONG),
        ("/".join(["a" * 200] * 6), Reason.LONG),
        ("/".join("a" * (MAX_DEPTH + 1)), Reason.DEEP),
    ],
)
def test_a_path_that_means_something_else_is_refused(path: str, reason: Reason) -> None:
    with pytest.raises(TreeRefused) as refused:
        clean_path(path)
    assert refused.value.reason is reason


@pytest.mark.parametrize(
    "path", [".gitattributes", "a b/c+#%.txt", "データ/音声.csv", "\U0001f469\u200d\U0001f52c.md", "..."]
)
def test_ordinary_names_stay_as_they_are(path: str) -> None:
    assert clean_path(path) == path


# --- changes -------------------------------------------------------------------------------------
@settings(deadline=None)
@given(st.lists(st.dictionaries(paths, st.one_of(st.none(), st.text(max_size=3)), max_size=5), max_size=5))
def test_a_tree_always_holds_what_a_plain_table_of_paths_would(rounds: list[dict[str, str | None]]) -> None:
    shelf, root, table = Shelf(), EMPTY_ROOT, dict[str, Leaf]()
    shelf.apply(None, {})
    for texts in rounds:
        changes = {path: None if text is None else leaf(text) for path, text in texts.items()}
        try:
            applied = shelf.apply(root, changes)
        except TreeRefused:
            continue
        for path in [path for path, new in changes.items() if new is None]:
            table = {known: old for known, old in table.items() if known != path and not known.startswith(path + "/")}
        table.update({path: new for path, new in changes.items() if new is not None})
        root = applied.root
        assert dict(walk(shelf, root)) == table
        assert applied.size == sum(old.size for old in table.values())
        assert digest_of(shelf.trees[root]) == root
        assert shelf.apply(None, dict(table)).root == root


@settings(deadline=None)
@given(st.dictionaries(paths, st.text(max_size=2), max_size=6), st.dictionaries(paths, st.text(max_size=2), max_size=6))
def test_a_difference_names_exactly_the_paths_that_differ(left: dict[str, str], right: dict[str, str]) -> None:
    shelf = Shelf()
    try:
        old = shelf.apply(None, {path: leaf(text) for path, text in left.items()}).root
        new = shelf.apply(None, {path: leaf(text) for path, text in right.items()}).root
    except TreeRefused:
        return
    found = {d.path: (d.old, d.new) for d in diff_trees(shelf, old, new)}
    expected = {
        path: (leaf(left[path]) if path in left else None, leaf(right[path]) if path in right else None)
        for path in left.keys() | right.keys()
        if left.get(path) != right.get(path)
    }
    assert found == expected


def test_a_change_of_one_file_among_100_000_touches_only_its_path() -> None:
    shelf, root = build(*(f"part-{n // 1000:03}/{n // 100 % 10}/{n:06}.bin" for n in range(100_000)))
    shelf.read.clear()
    applied = shelf.apply(root, {"part-042/7/042777.bin": leaf("new")})
    assert len(shelf.read) == 3
    assert len(applied.trees) == 3
    assert find(shelf, applied.root, "part-042/7/042777.bin").digest == leaf("new").digest


def test_an_emptied_folder_disappears() -> None:
    shelf, root = build("keep.txt", "data/deep/only.csv")
    applied = shelf.apply(root, {"data/deep/only.csv": None})
    assert [path for path, _ in walk(shelf, applied.root)] == ["keep.txt"]
    assert len(decode(shelf.trees[applied.root])) == 1


def test_removing_the_last_file_leaves_the_empty_root() -> None:
    shelf, root = build("only.txt")
    assert shelf.apply(root, {"only.txt": None}).root == EMPTY_ROOT


def test_a_folder_can_be_removed_whole_and_refilled_in_one_change() -> None:
    shelf, root = build("data/a", "data/b/c", "x")
    applied = shelf.apply(root, {"data": None, "data/new": leaf("n")})
    assert sorted(path for path, _ in walk(shelf, applied.root)) == ["data/new", "x"]


def test_a_file_takes_a_folders_name_only_when_the_folder_is_emptied() -> None:
    shelf, root = build("data/a")
    applied = shelf.apply(root, {"data/a": None, "data": leaf("now a file")})
    assert dict(walk(shelf, applied.root)) == {"data": leaf("now a file")}
    with pytest.raises(TreeRefused) as refused:
        shelf.apply(root, {"data": leaf("now a file")})
    assert (refused.value.reason, refused.value.path) == (Reason.IS_FOLDER, "data")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"gone": None}, Reason.MISSING),
        ({"no/such": None}, Reason.MISSING),
        ({"a.txt/b": None}, Reason.MISSING),
        ({"a.txt/b": leaf("b")}, Reason.BELOW_FILE),
        ({"A.TXT": leaf("b")}, Reason.CASE),
        ({"Folder/y": leaf("b")}, Reason.CASE),
        ({"n": leaf("b"), "n/m": leaf("c")}, Reason.IS_FOLDER),
        ({"straße": leaf("b"), "STRASSE": leaf("c")}, Reason.CASE),
    ],
)
def test_a_change_that_no_folder_can_hold_is_refused(change: dict[str, Leaf | None], reason: Reason) -> None:
    shelf, root = build("a.txt", "folder/x")
    with pytest.raises(TreeRefused) as refused:
        shelf.apply(root, change)
    assert refused.value.reason is reason


def test_a_file_can_change_the_case_of_its_name() -> None:
    shelf, root = build("readme.md")
    applied = shelf.apply(root, {"readme.md": None, "README.md": leaf("x")})
    assert dict(walk(shelf, applied.root)) == {"README.md": leaf("x")}


def test_a_folder_holds_no_more_names_than_a_reader_can_page() -> None:
    shelf, root = build(*(str(n) for n in range(MAX_MEMBERS)))
    with pytest.raises(TreeRefused) as refused:
        shelf.apply(root, {"one more": leaf("x")})
    assert refused.value.reason is Reason.FULL


def test_differences_of_equal_folders_are_not_opened() -> None:
    shelf, root = build("a/x", "b/y", "c/z")
    new = shelf.apply(root, {"b/y": leaf("changed")}).root
    shelf.read.clear()
    assert [d.action for d in diff_trees(shelf, root, new)] == ["changed"]
    assert len(shelf.read) == 4


# --- proofs --------------------------------------------------------------------------------------
def test_one_file_is_provable_without_the_other_folders() -> None:
    shelf, root = build("a/b/c.txt", "a/other", "z/1", "z/2")
    proof = path_proof(shelf, root, "a/b/c.txt")
    assert len(proof) == 3
    assert verify_path(root, "a/b/c.txt", proof).leaf == leaf("a/b/c.txt")


def test_a_proof_with_one_changed_byte_proves_nothing() -> None:
    shelf, root = build("a/b.txt", "c")
    proof = path_proof(shelf, root, "a/b.txt")
    for index, body in enumerate(proof):
        for place in range(len(body)):
            forged = [*proof]
            forged[index] = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
            with pytest.raises(TreeRefused):
                verify_path(root, "a/b.txt", forged)


def test_a_proof_is_for_its_own_path_only() -> None:
    shelf, root = build("a/b.txt", "c")
    proof = path_proof(shelf, root, "a/b.txt")
    for other in ("a/c.txt", "a", "a/b.txt/d", "c"):
        with pytest.raises(TreeRefused):
            verify_path(root, other, proof)


def test_a_cleared_path_need_not_be_there() -> None:
    shelf, root = build("a.txt", "data/x", "data/y")
    assert apply_changes(shelf, root, {}, ["gone", "a.txt/b", "no/such/path"]).root == root
    applied = apply_changes(shelf, root, {"data": leaf("a file now")}, ["data"])
    shelf.trees.update(applied.trees)
    assert sorted(path for path, _ in walk(shelf, applied.root)) == ["a.txt", "data"]
