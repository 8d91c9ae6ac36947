"""Bundles: everything a reader needs to check some entries with the hub switched off, in one file.

A bundle (`akashi-bundle/1`) is a signed note by the log key whose text is one line of canonical JSON. So every byte
counts: the text is signed, and the only signature line has one valid form. `ledger/akashi_verify.py` checks what this
module builds and shares no code with it; `docs/log-format.md` describes the members.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ledger import canonical, entry, note
from ledger.canonical import JSON
from ledger.checkpoint import Checkpoint, operator_name
from ledger.errors import BadBundle, BadCheckpoint, BadEntry, BadNote, InvalidProof, NotCanonical
from ledger.merkle import verify_consistency, verify_inclusion

FORMAT = "akashi-bundle/1"
PUBLISHED = "revision.published"


@dataclass(frozen=True)
class Disclosed:
    """A details group that the reader may see: its salt and its canonical bytes."""

    salt: bytes
    body: bytes


@dataclass(frozen=True)
class ProvenEntry:
    """An entry's bytes, its inclusion proof under the bundle's checkpoint, and what of its details is disclosed."""

    index: int
    body: bytes
    proof: Sequence[bytes]
    disclosed: Mapping[str, Disclosed] = field(default_factory=dict)


@dataclass(frozen=True)
class AnchorProof:
    """Where the first `size` entries were anchored; `proof` leads from there to the bundle's checkpoint.

    `transaction` and `block_hash` are 32 bytes; chain and contract are those of the operator's key.
    """

    transaction: bytes
    block: int
    block_hash: bytes
    size: int
    root: bytes
    proof: Sequence[bytes]


@dataclass(frozen=True)
class Bundle:
    """What a bundle holds. `trees` and `revisions` map a SHA-256 (hex) to canonical bytes, `salts` a `repo:…` to 32 bytes."""

    log: note.Ed25519Key
    operator: note.OperatorKey
    checkpoint: str
    entries: tuple[ProvenEntry, ...]
    revisions: Mapping[str, bytes]
    trees: Mapping[str, bytes]
    salts: Mapping[str, bytes]
    anchor: AnchorProof | None


def build_bundle(
    *,
    signer: note.Ed25519Signer,
    operator: note.OperatorKey,
    checkpoint: str,
    entries: Iterable[ProvenEntry],
    revisions: Iterable[bytes] = (),
    trees: Iterable[bytes] = (),
    salts: Mapping[str, bytes] | None = None,
    anchor: AnchorProof | None = None,
) -> str:
    """The bundle's text. It holds only what it proves: a revision stays when one of the entries publishes it, a tree
    when such a revision leads to it, a salt when such a revision is salted with it; the rest is left out.

    Raises `InvalidProof` when a proof does not lead to the checkpoint's root, `BadBundle` and `BadCheckpoint` when
    parts do not fit together.
    """
    proven = {each.index: each for each in entries}
    published = _published(proven.values())
    kept = {digest: body for digest, body in _by_digest(revisions).items() if digest in published}
    objects = [canonical.decode(body) for body in kept.values()]
    bundle = Bundle(
        log=signer.key,
        operator=operator,
        checkpoint=checkpoint,
        entries=tuple(proven[index] for index in sorted(proven)),
        revisions=kept,
        trees=_reached(_by_digest(trees), [revision["root_tree"] for revision in objects]),
        salts=_needed(salts or {}, objects),
        anchor=anchor,
    )
    _check(bundle)
    text = canonical.encode(_members(bundle)).decode() + "\n"
    return note.sign(text, [signer]).as_text()


def parse_bundle(source: str) -> Bundle:
    """What a bundle holds, once its form, its signature by the key it names, and its proofs are checked.

    Raises `BadBundle`. Whether that key is to be trusted is for the reader to know; the operator's signature, which
    takes a curve that this module does not have, is checked by the verifier.
    """
    try:
        signed = note.Note.from_text(source)
        bundle = _read(canonical.decode(signed.text.removesuffix("\n").encode()))
        if len(signed.signatures) != 1:
            raise BadBundle("a bundle has one signature, by the log")
        signed.verified_by(bundle.log)
        _check(bundle)
    except (BadNote, NotCanonical, BadCheckpoint, BadEntry, InvalidProof) as error:
        raise BadBundle(str(error)) from error
    return bundle


def _check(bundle: Bundle) -> None:
    if bundle.operator.name != operator_name(bundle.log.name):
        raise BadBundle("the operator's key is not named after the log")
    signed = note.Note.from_text(bundle.checkpoint)
    signed.verified_by(bundle.log)
    head = Checkpoint.from_text(signed.text)
    if head.origin != bundle.log.name:
        raise BadBundle("the checkpoint is of another log")
    if not any(
        (line.name, line.key_id) == (bundle.operator.name, bundle.operator.key_id) for line in signed.signatures
    ):
        raise BadBundle("the checkpoint lacks the operator's signature")
    for each in bundle.entries:
        _check_entry(each, head)
    anchor = bundle.anchor
    if anchor is not None:
        if anchor.size < 1:
            raise BadBundle("an anchor holds at least one entry")
        verify_consistency(anchor.size, head.size, anchor.root, head.root, anchor.proof)


def _check_entry(each: ProvenEntry, head: Checkpoint) -> None:
    parsed = entry.parse(each.body)
    verify_inclusion(parsed.leaf_hash, each.index, head.size, each.proof, head.root)
    for group, disclosed in each.disclosed.items():
        if parsed.details.get(group) != entry.group_digest(disclosed.body, disclosed.salt):
            raise BadBundle(f"the group {group} of entry {each.index} is not what the entry commits to")


# --- what belongs into a bundle ------------------------------------------------------------------


def _published(entries: Iterable[ProvenEntry]) -> set[str]:
    """The ids of the revisions that these entries publish."""
    parsed = [entry.parse(each.body) for each in entries]
    return {each.subject.removeprefix("rev:") for each in parsed if each.type == PUBLISHED}


def _by_digest(bodies: Iterable[bytes]) -> dict[str, bytes]:
    return {hashlib.sha256(body).hexdigest(): body for body in bodies}


def _reached(trees: Mapping[str, bytes], roots: Iterable[str]) -> dict[str, bytes]:
    """Those of `trees` that are found from the roots."""
    found: dict[str, bytes] = {}
    waiting = list(roots)
    while waiting:
        digest = waiting.pop()
        if digest in trees and digest not in found:
            found[digest] = trees[digest]
            members = canonical.decode(trees[digest])["members"]
            waiting += [member["sha256"] for member in members if member["type"] == "tree"]
    return found


def _needed(salts: Mapping[str, bytes], revisions: Iterable[Mapping[str, Any]]) -> dict[str, bytes]:
    salted = {revision["repository"] for revision in revisions if revision["salted"]}
    return {repository: salt for repository, salt in salts.items() if repository in salted}


# --- the JSON form -------------------------------------------------------------------------------


def _members(bundle: Bundle) -> dict[str, JSON]:
    return {
        "format": FORMAT,
        "origin": bundle.log.name,
        "log_key": bundle.log.vkey,
        "operator_key": bundle.operator.vkey,
        "checkpoint": bundle.checkpoint,
        "entries": [_entry_members(each) for each in bundle.entries],
        "revisions": {digest: body.decode() for digest, body in bundle.revisions.items()},
        "trees": {digest: body.decode() for digest, body in bundle.trees.items()},
        "salts": {repository: salt.hex() for repository, salt in bundle.salts.items()},
        "anchor": None if bundle.anchor is None else _anchor_members(bundle.operator, bundle.anchor),
    }


def _entry_members(each: ProvenEntry) -> dict[str, JSON]:
    return {
        "index": each.index,
        "body": each.body.decode(),
        "proof": [value.hex() for value in each.proof],
        "details": {
            group: {"salt": disclosed.salt.hex(), "body": disclosed.body.decode()}
            for group, disclosed in each.disclosed.items()
        },
    }


def _anchor_members(operator: note.OperatorKey, anchor: AnchorProof) -> dict[str, JSON]:
    return {
        "chain_id": operator.chain_id,
        "contract": "0x" + operator.contract.hex(),
        "transaction": "0x" + anchor.transaction.hex(),
        "block": anchor.block,
        "block_hash": "0x" + anchor.block_hash.hex(),
        "size": anchor.size,
        "root": anchor.root.hex(),
        "proof": [value.hex() for value in anchor.proof],
    }


def _read(members: Any) -> Bundle:
    """The bundle whose members these are: whatever does not come out the same when written again is refused."""
    try:
        bundle = _from_members(members)
        same = _members(bundle) == members
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadBundle(f"the members of the bundle are malformed: {error!r}") from error
    if not same:
        raise BadBundle(f"the members are not those of an {FORMAT}")
    return bundle


def _from_members(members: Any) -> Bundle:
    return Bundle(
        log=note.Ed25519Key.from_vkey(members["log_key"]),
        operator=note.OperatorKey.from_vkey(members["operator_key"]),
        checkpoint=_text(members["checkpoint"]),
        entries=tuple(_read_entry(each) for each in members["entries"]),
        revisions=_by_digest(body.encode() for body in members["revisions"].values()),
        trees=_by_digest(body.encode() for body in members["trees"].values()),
        salts={repository: _hash(salt) for repository, salt in members["salts"].items()},
        anchor=None if members["anchor"] is None else _read_anchor(members["anchor"]),
    )


def _read_entry(members: Any) -> ProvenEntry:
    return ProvenEntry(
        index=_whole(members["index"]),
        body=members["body"].encode(),
        proof=[_hash(value) for value in members["proof"]],
        disclosed={
            group: Disclosed(_hash(each["salt"]), each["body"].encode()) for group, each in members["details"].items()
        },
    )


def _read_anchor(members: Any) -> AnchorProof:
    return AnchorProof(
        transaction=_hash(members["transaction"].removeprefix("0x")),
        block=_whole(members["block"]),
        block_hash=_hash(members["block_hash"].removeprefix("0x")),
        size=_whole(members["size"]),
        root=_hash(members["root"]),
        proof=[_hash(value) for value in members["proof"]],
    )


def _hash(text: str) -> bytes:
    value = bytes.fromhex(text)
    if len(value) != 32:
        raise ValueError(f"{text!r} is not 32 bytes")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not text")
    return value


def _whole(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r} is not a whole number")
    return value
