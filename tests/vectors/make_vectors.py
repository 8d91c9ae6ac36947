"""Makes the worked examples of docs/log-format.md and the files beside this one.

    python -m tests.vectors.make_vectors

`worked()` is everything that the document shows between fences; `files()` is what lies in this folder for whoever writes
another verifier. Keys, salts and times are fixed, so every run gives the same bytes.
"""

import base64
import contextlib
import hashlib
import io
import json
from functools import cache
from pathlib import Path

from hub.repositories import tree
from ledger import akashi_verify, merkle, note, tiles
from ledger.tiles import EntryBundle, Tile
from tests.ledger.world import REPOSITORY, World, memory_reader, salt
from tests.vectors import cases

FOLDER = Path(__file__).parent
FILES = {"README.md": b"# Wine\n", "data/wine.csv": b"14.23,1.71\n"}
# Addresses whose form is easy to get wrong.
TILES = [Tile(0, 0), Tile(0, 273, 112), Tile(1, 1234067)]


def world() -> World:
    """A log of three entries: a dataset, its first revision, and its move to `main`; the first two are anchored."""
    made = World()
    made.add("repository.created", {"kind": "dataset", "visibility": "public"}, {"name": {"name": "wine \u8a3c"}})
    name = made.publish(FILES)
    made.add(
        "reference.moved", {"kind": "branch", "reference": hashlib.sha256(b"main").hexdigest(), "to": f"rev:{name}"}
    )
    return made


def example_bundle(log: World) -> str:
    return log.bundle(anchor=log.anchor(2))


def worked() -> dict[str, str]:
    """Each worked example by its name in the document."""
    log = world()
    return {**_entries(log), **_merkle(log), **_tiles(log), **_keys(log), **_trees(log), **_command(log)}


def _entries(log: World) -> dict[str, str]:
    name = log.words[0]["name"]
    digest = hashlib.sha256(name.salt + name.body).hexdigest()
    return {
        "entry": log.bodies[0].decode(),
        "details": f"salt   {name.salt.hex()}\ngroup  {name.body.decode()}\ndigest {digest}",
        "leaf": merkle.leaf_hash(log.bodies[0]).hex(),
    }


def _merkle(log: World) -> dict[str, str]:
    leaves = [merkle.leaf_hash(body) for body in log.bodies]
    rows = [f"leaf {index}      {leaf.hex()}" for index, leaf in enumerate(leaves)]
    rows += [f"node 0..1   {merkle.node_hash(*leaves[:2]).hex()}", f"root 0..2   {log.root().hex()}"]
    inclusion = merkle.inclusion_proof(log.read(3), 1, 3)
    consistency = merkle.consistency_proof(log.read(3), 2, 3)
    return {
        "tree": "\n".join(rows),
        "inclusion": "\n".join(value.hex() for value in inclusion),
        "consistency": "\n".join(value.hex() for value in consistency),
        "empty-root": merkle.EMPTY_ROOT.hex(),
    }


def _tiles(log: World) -> dict[str, str]:
    leaves = [merkle.leaf_hash(body) for body in log.bodies]
    ((tile, data),) = tiles.extend(memory_reader({}), 0, leaves).items()
    packed = tiles.pack_entries(log.bodies)
    paths = [tiles.tile_path(each) for each in TILES] + [tiles.entries_path(EntryBundle(1234067, 3))]
    return {
        "tile-paths": "\n".join(paths),
        "tile": f"{tiles.tile_path(tile)}\n" + "\n".join(data[at : at + 32].hex() for at in range(0, len(data), 32)),
        "entry-bundle": f"{tiles.entries_path(EntryBundle(0, 3))}\n{len(packed)} bytes, beginning {packed[:10].hex()}\n"
        f"SHA-256 {hashlib.sha256(packed).hexdigest()}",
    }


def _keys(log: World) -> dict[str, str]:
    operator, head = log.operator, log.head()
    digest = akashi_verify.head_digest(operator.chain_id, operator.contract, head.origin, head.size, head.root)
    return {
        "log-key": f"seed     {log.signer.seed.hex()}\npublic   {log.signer.key.public.hex()}\n"
        f"key id   {log.signer.key.key_id.hex()}\nvkey     {log.signer.key.vkey}",
        "operator-key": f"secret   {operator.secret.hex()}\naddress  0x{operator.address.hex()}\n"
        f"contract 0x{operator.contract.hex()}\nchain id {operator.chain_id}\nkey id   {operator.key.key_id.hex()}\n"
        f"vkey     {operator.key.vkey}",
        "checkpoint": log.checkpoint().rstrip("\n"),
        "head": f"origin hash {head.origin_hash.hex()}\nsize        {head.size}\nroot        {head.root.hex()}\n"
        f"digest      {digest.hex()}\nsignature   {operator.sign(head).hex()}",
    }


def _trees(log: World) -> dict[str, str]:
    (revision,) = log.revisions
    below = next(digest for digest, body in log.trees.items() if b"wine.csv" in body)
    root = next(digest for digest in log.trees if digest != below)
    secret, content = salt("repository"), hashlib.sha256(FILES["data/wine.csv"]).hexdigest()
    return {
        "subtree": f"{log.trees[below].decode()}\nSHA-256 {below}",
        "root-tree": f"{log.trees[root].decode()}\nSHA-256 {root}",
        "salted-leaf": f"salt        {secret.hex()}\nfile        {content}\nsalted leaf {tree.salted_leaf(secret, content)}",
        "revision": log.revisions[revision].decode(),
        "revision-id": f"revision {revision}\ncommit   {revision[:40]}",
        "publishing-entry": log.bodies[1].decode(),
    }


def _command(log: World) -> dict[str, str]:
    """What the verifier prints about the example bundle."""
    printed = io.StringIO()
    arguments = [str(FOLDER / "example.bundle"), "--log-key", log.signer.key.vkey]
    with contextlib.redirect_stdout(printed):
        code = akashi_verify.main(arguments)
    digest = hashlib.sha256(example_bundle(log).encode()).hexdigest()
    return {"bundle": f"SHA-256 {digest}", "report": f"{printed.getvalue().rstrip()}\n(exit code {code})"}


@cache
def files() -> dict[str, bytes]:
    """The files of this folder that this script makes."""
    log = world()
    (name,) = log.revisions
    by_hand = {
        "origin": log.origin,
        "log_vkey": log.signer.key.vkey,
        "operator_vkey": log.operator.key.vkey,
        "entries": [body.decode() for body in log.bodies],
        "leaf_hashes": [merkle.leaf_hash(body).hex() for body in log.bodies],
        "roots": [log.root(size).hex() for size in range(len(log.bodies) + 1)],
        "checkpoints": [log.checkpoint(size) for size in range(1, len(log.bodies) + 1)],
        "inclusion": [
            {"index": index, "size": size, "proof": _base64(merkle.inclusion_proof(log.read(size), index, size))}
            for size in range(1, 4)
            for index in range(size)
        ],
        "consistency": [
            {"old": old, "new": new, "proof": _base64(merkle.consistency_proof(log.read(new), old, new))}
            for new in range(1, 4)
            for old in range(new + 1)
        ],
        "details": [
            {group: {"salt": each.salt.hex(), "body": each.body.decode()} for group, each in words.items()}
            for words in log.words
        ],
        "trees": {digest: body.decode() for digest, body in log.trees.items()},
        "revisions": {name: log.revisions[name].decode()},
        "salted": {"repository": f"repo:{REPOSITORY}", "salt": salt("repository").hex()},
    }
    return {
        "log.json": (json.dumps(by_hand, indent=2, ensure_ascii=False, sort_keys=True) + "\n").encode(),
        "example.bundle": example_bundle(log).encode(),
        "log.vkey": f"{log.signer.key.vkey}\n".encode(),
        "foreign.vkey": f"{note.Ed25519Signer(log.origin, salt('another key')).key.vkey}\n".encode(),
        **cases.files(log, example_bundle(log)),
    }


def _base64(hashes: list[bytes]) -> list[str]:
    return [base64.b64encode(value).decode() for value in hashes]


if __name__ == "__main__":
    for name, data in files().items():
        (FOLDER / name).write_bytes(data)
    for name, text in worked().items():
        print(f"```text worked={name}\n{text}\n```\n")
