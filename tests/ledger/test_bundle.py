"""Bundles: what goes in, what stays out, and that every byte counts."""

import random
from dataclasses import replace

import pytest

from ledger import bundle, canonical, note
from ledger.canonical import JSON
from ledger.errors import BadBundle, BadSignature, InvalidProof, LedgerError
from tests.ledger.world import REPOSITORY, Operator, World, salt


@pytest.fixture(scope="module")
def world() -> World:
    """Seven entries: a repository, two revisions of it, and others between."""
    made = World()
    made.add("repository.created", {"kind": "dataset"}, {"name": {"name": "\u8a3c/wine"}})
    first = made.publish({"README.md": b"# Wine\n", "data/wine.csv": b"1,2,3\n"})
    for number in range(3):
        made.add("reference.moved", {"number": number})
    made.publish({"README.md": b"# Wine 2\n", "data/wine.csv": b"1,2,3\n"}, parent=first)
    made.add("file.scanned", {"verdict": "safe"})
    return made


def test_a_bundle_reads_back_as_what_it_was_built_from(world: World) -> None:
    text = world.bundle(anchor=world.anchor(5))
    parsed = bundle.parse_bundle(text)
    assert parsed.log == world.signer.key
    assert parsed.operator == world.operator.key
    assert parsed.checkpoint == world.checkpoint()
    assert parsed.entries == tuple(world.proven(index) for index in range(7))
    assert (parsed.revisions, parsed.trees) == (world.revisions, world.trees)
    assert parsed.anchor == world.anchor(5)
    again = bundle.build_bundle(
        signer=world.signer,
        operator=parsed.operator,
        checkpoint=parsed.checkpoint,
        entries=parsed.entries,
        revisions=parsed.revisions.values(),
        trees=parsed.trees.values(),
        salts=parsed.salts,
        anchor=parsed.anchor,
    )
    assert again == text


def test_a_bundle_is_a_note_over_one_line_of_canonical_json(world: World) -> None:
    signed = note.Note.from_text(world.bundle())
    assert signed.text.count("\n") == 1
    assert canonical.decode(signed.text[:-1].encode())["format"] == "akashi-bundle/1"
    assert [line.name for line in signed.signatures] == [world.origin]


def test_entries_stand_in_the_order_of_the_log_and_once(world: World) -> None:
    parsed = bundle.parse_bundle(world.bundle([5, 0, 5, 3]))
    assert [each.index for each in parsed.entries] == [0, 3, 5]


def test_revisions_without_their_entry_and_trees_without_their_revision_stay_out(world: World) -> None:
    parsed = bundle.parse_bundle(world.bundle([0, 1], salts={f"repo:{REPOSITORY}": salt("repository")}))
    first, second = world.revisions
    assert list(parsed.revisions) == [first]
    shared = canonical.decode(world.revisions[second])["root_tree"]
    assert shared not in parsed.trees
    assert len(parsed.trees) == 2
    assert parsed.salts == {}


def test_the_salt_goes_with_a_salted_revision_of_its_repository_only() -> None:
    private = World()
    private.publish({"a.txt": b"secret"}, secret=salt("repository"))
    salts = {f"repo:{REPOSITORY}": salt("repository"), "repo:another": salt("another")}
    parsed = bundle.parse_bundle(private.bundle(salts=salts))
    assert parsed.salts == {f"repo:{REPOSITORY}": salt("repository")}


def test_details_that_are_not_disclosed_stay_out(world: World) -> None:
    silent = replace(world.proven(0), disclosed={})
    text = world.bundle(entries=[silent])
    assert "wine" not in text
    assert bundle.parse_bundle(text).entries == (silent,)


def test_every_changed_bit_of_a_bundle_is_refused(world: World) -> None:
    small = World()
    small.add("repository.created", {}, {"name": {"name": "a"}})
    data = small.bundle().encode()
    bundle.parse_bundle(data.decode())
    accepted = [bit for bit in range(8 * len(data)) if not is_refused(flipped(data, bit))]
    assert accepted == []


def test_a_thousand_random_changed_bits_of_a_larger_bundle_are_refused(world: World) -> None:
    data = world.bundle(anchor=world.anchor(5)).encode()
    choices = random.Random(20261117).sample(range(8 * len(data)), 1000)
    assert [bit for bit in choices if not is_refused(flipped(data, bit))] == []


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def is_refused(data: bytes) -> bool:
    """Whether a bundle is refused, and with an error of the ledger."""
    try:
        bundle.parse_bundle(data.decode())
    except (UnicodeDecodeError, BadBundle):
        return True
    return False


def test_bytes_before_after_and_missing_are_refused(world: World) -> None:
    text = world.bundle()
    signature = text.splitlines(keepends=True)[-1]
    for wrong in (
        "",
        "\n",
        "\n" + text,
        text + "\n",
        text + " ",
        text[:-1],
        text[: len(text) // 2],
        text + signature,
        text.replace("\n\n", "\n\n\n"),
        text.replace("\n\n", "\n{}\n\n", 1),
        text.replace("\n", "\r\n"),
        "\ufeff" + text,
    ):
        assert is_refused(wrong.encode())


def test_a_cosigned_bundle_is_refused_because_the_second_line_is_not_covered(world: World) -> None:
    signed = note.Note.from_text(world.bundle())
    witness = note.Ed25519Signer("witness.example", bytes(32))
    line = note.sign(signed.text, [witness]).signatures[0]
    with pytest.raises(BadBundle):
        bundle.parse_bundle(signed.with_signature(line).as_text())


def test_a_proof_that_leads_elsewhere_is_not_bundled(world: World) -> None:
    proven = world.proven(3)
    with pytest.raises(InvalidProof):
        world.bundle(entries=[replace(proven, index=4)])
    with pytest.raises(InvalidProof):
        world.bundle(entries=[replace(proven, proof=[*proven.proof, bytes(32)])])
    with pytest.raises(InvalidProof):
        world.bundle(entries=[world.proven(3, 5)])


def test_an_anchor_that_the_checkpoint_does_not_extend_is_not_bundled(world: World) -> None:
    anchor = world.anchor(5)
    for wrong in (replace(anchor, root=bytes(32)), replace(anchor, size=4), replace(anchor, proof=[])):
        with pytest.raises(InvalidProof):
            world.bundle(anchor=wrong)
    with pytest.raises(BadBundle):
        world.bundle(anchor=replace(world.anchor(1), size=0))


def test_details_that_the_entry_does_not_commit_to_are_not_bundled(world: World) -> None:
    proven = world.proven(0)
    name = proven.disclosed["name"]
    for wrong in ({"name": replace(name, salt=bytes(32))}, {"other": name}, {"name": replace(name, body=b"{}")}):
        with pytest.raises(BadBundle):
            world.bundle(entries=[replace(proven, disclosed=wrong)])


def test_a_checkpoint_of_another_log_or_operator_is_not_bundled(world: World) -> None:
    other = World(operator=Operator(origin="another.example"))
    other.add("repository.created", {})
    with pytest.raises(BadSignature):
        world.bundle(checkpoint=other.checkpoint())
    with pytest.raises(BadBundle):
        world.bundle(operator=other.operator.key)
    with pytest.raises(BadBundle):
        world.bundle(operator=replace(world.operator.key, chain_id=1))
    unsigned = note.sign(world.head().text, [world.signer]).as_text()
    with pytest.raises(BadBundle):
        world.bundle(checkpoint=unsigned)


@pytest.mark.parametrize(
    "change",
    [
        {"format": "akashi-bundle/2"},
        {"origin": "another.example"},
        {"extra": 1},
        {"entries": {}},
        {"entries": [1]},
        {"trees": []},
        {"trees": {"00" * 32: "{}"}},
        {"revisions": {"00" * 32: "{}"}},
        {"salts": {"repo:x": "00"}},
        {"salts": {"repo:x": "AA" * 32}},
        {"anchor": {}},
        {"anchor": 1},
        {"checkpoint": None},
        {"log_key": ""},
        {"operator_key": 7},
    ],
    ids=str,
)
def test_a_signed_bundle_with_malformed_members_is_refused(world: World, change: dict[str, JSON]) -> None:
    members = canonical.decode(note.Note.from_text(world.bundle()).text[:-1].encode())
    text = canonical.encode({**members, **change}).decode() + "\n"
    with pytest.raises(BadBundle):
        bundle.parse_bundle(note.sign(text, [world.signer]).as_text())


@pytest.mark.parametrize("text", ["[]", "1", "null", '"text"', "{}", "[" * 10_000])
def test_a_signed_line_that_is_no_bundle_is_refused(world: World, text: str) -> None:
    with pytest.raises(BadBundle):
        bundle.parse_bundle(note.sign(text + "\n", [world.signer]).as_text())


def test_every_refusal_is_an_error_of_the_ledger() -> None:
    assert issubclass(BadBundle, LedgerError)
