"""A whole log in memory, made of fixed keys and salts, so that every run gives the same bytes."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from eth_keys.datatypes import PrivateKey

from chain import signatures
from hub.repositories import revision as revisions
from hub.repositories import tree
from ledger import bundle, entry, merkle, note, tiles
from ledger.checkpoint import Checkpoint, OperatorVerifier, operator_name

ORIGIN = "akashi.local/1f2e3d4c"
START = datetime(2026, 11, 17, 9, 41, 7, 412_000, tzinfo=UTC)
ACTOR = "acct:" + "00112233445566778899aabbccddeeff"
REPOSITORY = "6b1f1c0e-8f1d-4f0e-9c56-2a4c7f0d9a11"
CONTRACT = bytes.fromhex("5fbdb2315678afecb367f032d93f642f64180aa3")


def salt(name: str) -> bytes:
    """32 bytes that depend on a name alone."""
    return hashlib.sha256(b"salt " + name.encode()).digest()


@dataclass(frozen=True)
class Operator:
    """The anchoring operator with its secp256k1 key."""

    secret: bytes = bytes([7]) * 32
    chain_id: int = 31337
    contract: bytes = CONTRACT
    origin: str = ORIGIN

    @property
    def address(self) -> bytes:
        return PrivateKey(self.secret).public_key.to_canonical_address()

    @property
    def key(self) -> note.OperatorKey:
        return note.OperatorKey(operator_name(self.origin), self.chain_id, self.contract, self.address)

    @property
    def verifier(self) -> OperatorVerifier:
        return OperatorVerifier(self.key, recover_head)

    def sign(self, head: Checkpoint) -> bytes:
        """The 65 bytes r || s || v over a head."""
        digest = signatures.head_digest(
            chain_id=self.chain_id,
            contract="0x" + self.contract.hex(),
            origin_hash=head.origin_hash,
            size=head.size,
            root=head.root,
        )
        return signatures.join(PrivateKey(self.secret).sign_msg_hash(digest))


def recover_head(
    *, chain_id: int, contract: bytes, origin_hash: bytes, size: int, root: bytes, signature: bytes
) -> bytes | None:
    """The chain room's recovery, in the form that a checkpoint's verifier takes."""
    digest = signatures.head_digest(
        chain_id=chain_id, contract="0x" + contract.hex(), origin_hash=origin_hash, size=size, root=root
    )
    try:
        return bytes.fromhex(signatures.recover(digest, signature)[2:])
    except ValueError:
        return None


@dataclass(frozen=True)
class Witness:
    """Somebody who cosigns checkpoints (C2SP cosignature/v1)."""

    name: str

    @property
    def private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(salt(f"witness {self.name}"))

    @property
    def public(self) -> bytes:
        return b"\x04" + self.private.public_key().public_bytes_raw()

    @property
    def vkey(self) -> str:
        return note.format_vkey(self.name, self.public)

    def cosign(self, checkpoint: str, seconds: int) -> str:
        """The checkpoint with one more line: that this witness saw it at a time."""
        signed = note.Note.from_text(checkpoint)
        signature = self.private.sign(f"cosignature/v1\ntime {seconds}\n{signed.text}".encode())
        line = note.Signature(self.name, note.key_id(self.name, self.public), seconds.to_bytes(8, "big") + signature)
        return signed.with_signature(line).as_text()


@dataclass
class World:
    """A log and what its entries speak about."""

    operator: Operator = field(default_factory=Operator)
    bodies: list[bytes] = field(default_factory=list)
    words: list[dict[str, bundle.Disclosed]] = field(default_factory=list)
    tiles: dict[tuple[int, int], bytes] = field(default_factory=dict)
    trees: dict[str, bytes] = field(default_factory=dict)
    revisions: dict[str, bytes] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        return self.operator.origin

    @property
    def signer(self) -> note.Ed25519Signer:
        return note.Ed25519Signer(self.origin, salt("log key"))

    def add(
        self,
        type: str,
        data: Mapping[str, Any],
        details: Mapping[str, Mapping[str, Any]] | None = None,
        *,
        subject: str = f"repo:{REPOSITORY}",
    ) -> int:
        """Logs an entry; returns its index."""
        index = len(self.bodies)
        sealed, digests = {}, {}
        for group, members in (details or {}).items():
            secret = salt(f"{index} {group}")
            digests[group], text = entry.seal_group(members, secret)
            sealed[group] = bundle.Disclosed(secret, text)
        time = START + timedelta(minutes=index)
        body = entry.build(type=type, subject=subject, actor=ACTOR, time=time, data=data, details=digests)
        made = tiles.extend(memory_reader(self.tiles), index, [merkle.leaf_hash(body)])
        self.tiles.update({(tile.level, tile.index): packed for tile, packed in made.items()})
        self.bodies.append(body)
        self.words.append(sealed)
        return index

    def publish(self, files: Mapping[str, bytes], *, parent: str | None = None, secret: bytes | None = None) -> str:
        """Publishes a revision that holds these files; returns its id."""
        leaves = {path: tree.Leaf(leaf_of(content, secret), len(content)) for path, content in files.items()}
        applied = tree.apply_changes(lambda digests: {}, None, leaves)
        self.trees.update(applied.trees)
        made = revisions.RevisionObject(
            repository=REPOSITORY,
            root_tree=applied.root,
            parents=(parent,) if parent else (),
            author=ACTOR.removeprefix("acct:"),
            time=START + timedelta(minutes=len(self.bodies)),
            kind="data",
            licence="CC-BY-4.0",
            edges=(),
            metrics=({"name": "accuracy", "value": "0.979", "better": "higher"},),
            file_count=len(files),
            byte_count=applied.size,
            salted=secret is not None,
        )
        body = revisions.encode(made)
        name = revisions.revision_id(body)
        self.revisions[name] = body
        data = {
            "repo": f"repo:{REPOSITORY}",
            "number": len(self.revisions),
            "reference_kind": "branch",
            "reference": hashlib.sha256(b"main").hexdigest(),
            "root_tree": applied.root,
            "parents": [f"rev:{parent}"] if parent else [],
            "kind": "data",
            "licence": "CC-BY-4.0",
            "sources": [],
            "outside": [],
            "metrics": [dict(metric) for metric in made.metrics],
            "counts": {"files": len(files), "bytes": applied.size, "added": len(files), "changed": 0, "removed": 0},
        }
        self.add("revision.published", data, {"message": {"message": "Published \u8a3c"}}, subject=f"rev:{name}")
        return name

    def read(self, size: int) -> merkle.ReadHashes:
        return tiles.hash_reader(memory_reader(self.tiles), size)

    def root(self, size: int | None = None) -> bytes:
        size = len(self.bodies) if size is None else size
        return merkle.root_hash(self.read(size), size)

    def head(self, size: int | None = None) -> Checkpoint:
        size = len(self.bodies) if size is None else size
        return Checkpoint(self.origin, size, self.root(size))

    def checkpoint(self, size: int | None = None) -> str:
        """The signed note of a head, with both signatures."""
        head = self.head(size)
        by_operator = note.Signature(self.operator.key.name, self.operator.key.key_id, self.operator.sign(head))
        return note.sign(head.text, [self.signer]).with_signature(by_operator).as_text()

    def proven(self, index: int, size: int | None = None) -> bundle.ProvenEntry:
        size = len(self.bodies) if size is None else size
        proof = merkle.inclusion_proof(self.read(size), index, size)
        return bundle.ProvenEntry(index, self.bodies[index], proof, self.words[index])

    def anchor(self, size: int, *, until: int | None = None) -> bundle.AnchorProof:
        """An anchor at a size, with the proof on to a later size."""
        until = len(self.bodies) if until is None else until
        proof = merkle.consistency_proof(self.read(until), size, until)
        return bundle.AnchorProof(salt("transaction"), 42, salt("block"), size, self.root(size), proof)

    def bundle(self, indices: Sequence[int] | None = None, **parts: Any) -> str:
        """A bundle of these entries (all by default) with every revision and tree."""
        given: dict[str, Any] = {
            "signer": self.signer,
            "operator": self.operator.key,
            "checkpoint": self.checkpoint(),
            "entries": [self.proven(index) for index in (range(len(self.bodies)) if indices is None else indices)],
            "revisions": self.revisions.values(),
            "trees": self.trees.values(),
        }
        return bundle.build_bundle(**{**given, **parts})


def memory_reader(stored: Mapping[tuple[int, int], bytes]) -> tiles.ReadTiles:
    """A reader over tiles kept by (level, index), each at its widest."""

    def read(wanted: Sequence[tiles.Tile]) -> list[bytes]:
        return [stored.get((tile.level, tile.index), b"")[: tile.width * merkle.HASH_SIZE] for tile in wanted]

    return read


def leaf_of(content: bytes, secret: bytes | None) -> str:
    digest = hashlib.sha256(content).hexdigest()
    return digest if secret is None else tree.salted_leaf(secret, digest)
