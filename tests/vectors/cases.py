"""Cases that every verifier must answer alike: what goes in, and the verdict and checks that come out.

`files()` makes the inputs and `cases.json`; `make_vectors.py` writes them. Each case names an `input` file (with one bit
turned over where there is a `flip`) and what the reader trusts, in the words of `verify_bundle`. Expected verdicts are
written here by hand; the codes of the checks are those of `ledger/akashi_verify.py`.
"""

import hashlib
import json
from typing import Any

from ledger import akashi_verify, merkle, note
from ledger.akashi_verify import FileDigest, Report
from tests.ledger.world import Operator, Witness, World, salt

ONE, TWO = Witness("witness.example/one"), Witness("witness.example/two")
STRANGER = Witness("witness.example/three")
SEEN = 1_795_167_840  # 20 November 2026, seconds
WINE = {"name": "wine.csv", "content": "14.23,1.71\n"}


def files(log: World, example: str) -> dict[str, bytes]:
    """The inputs of all cases, and `cases.json`."""
    made = inputs(log)
    tried = {"example.bundle": example.encode(), **made}
    expected = []
    for case in cases(log):
        report = verify(tried, case)
        assert report.verdict == case["verdict"], case["name"]
        expected.append({**case, "checks": [[check.code, check.passed] for check in report.checks]})
    return {**made, "cases.json": (json.dumps(expected, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()}


def inputs(log: World) -> dict[str, bytes]:
    """Cosigned forms of the example, and what somebody makes who has other keys."""
    cosigned = TWO.cosign(ONE.cosign(log.checkpoint(), SEEN), SEEN + 60)
    spoilt = note.Note.from_text(ONE.cosign(log.checkpoint(), SEEN))
    elsewhere = note.Note.from_text(ONE.cosign(log.checkpoint(2), SEEN))
    forged = World(operator=Operator(secret=bytes([8]) * 32), bodies=log.bodies, words=log.words, tiles=log.tiles)
    signer = note.Ed25519Signer(log.origin, salt("another key"))
    by_operator = note.Note.from_text(forged.checkpoint()).signatures[1]
    checkpoint = note.sign(log.head().text, [signer]).with_signature(by_operator).as_text()
    return {
        "cosigned.bundle": log.bundle(checkpoint=cosigned, anchor=log.anchor(2)).encode(),
        "cosigned.checkpoint": cosigned.encode(),
        "cosigned-badly.checkpoint": note.Note(spoilt.text, (*spoilt.signatures[:2], elsewhere.signatures[2]))
        .as_text()
        .encode(),
        "foreign.bundle": forged.bundle(signer=signer, checkpoint=checkpoint).encode(),
        "keys.vkey": f"{log.signer.key.vkey}\n{log.operator.key.vkey}\n".encode(),
        "witnesses.vkey": f"{ONE.vkey}\n{TWO.vkey}\n".encode(),
    }


def cases(log: World) -> list[dict[str, Any]]:
    """Each with its verdict."""
    key, keys = log.signer.key.vkey, f"{log.signer.key.vkey}\n{log.operator.key.vkey}\n"
    foreign = note.Ed25519Signer(log.origin, salt("another key")).key.vkey
    contract = f"0x{log.operator.contract.hex()}"
    proof = "\n".join(value.hex() for value in merkle.consistency_proof(log.read(3), 1, 3))
    other = World()
    for number in range(3):
        other.add("reference.moved", {"number": number})
    alone = {"input": "cosigned.checkpoint", "log_key": keys}
    both = {"witnesses": [ONE.vkey, TWO.vkey]}
    return [
        _case("a true bundle", "verified", log_key=key),
        _case("both keys as the log serves them", "verified", log_key=keys),
        _case("nothing trusted", "consistent"),
        _case("another log key", "refused", log_key=foreign),
        _case("an empty log key", "refused", log_key=""),
        _case("the contract alone", "consistent", contract=contract),
        _case("another contract", "refused", log_key=key, contract="0x" + "11" * 20),
        _case("a log of others", "refused", input="foreign.bundle", log_key=key),
        _case("a log of others, and its own key", "verified", input="foreign.bundle", log_key=foreign),
        _case("a log of others, and my checkpoint", "refused", input="foreign.bundle", saved_checkpoint=log.checkpoint()),
        *[_case(f"bit {bit} turned over", "refused", flip=bit, log_key=key) for bit in (0, 80, 9999, 20_000, 37_000)],
        _case("a file in the bundle", "verified", log_key=key, files=[WINE]),
        _case("a file not in the bundle", "refused", log_key=key, files=[{**WINE, "content": "14.23,1.72\n"}]),
        _case("my checkpoint of the same size", "verified", saved_checkpoint=log.checkpoint()),
        _case("my checkpoint of the anchored size", "verified", saved_checkpoint=log.checkpoint(2)),
        _case("my checkpoint without a proof", "verified", saved_checkpoint=log.checkpoint(1)),
        _case("my checkpoint with a proof", "verified", saved_checkpoint=log.checkpoint(1), proof=proof),
        _case("my checkpoint with the hub's answer", "verified", saved_checkpoint=log.checkpoint(1),
              proof=json.dumps({"size": 3, "consistency": proof.split()})),
        _case("my checkpoint with a wrong proof", "refused", saved_checkpoint=log.checkpoint(1), proof=proof[:64]),
        _case("my checkpoint with no proof at all", "refused", saved_checkpoint=log.checkpoint(1), proof="{}"),
        _case("a proof without a checkpoint", "unchecked", log_key=key, proof=proof),
        _case("a checkpoint of another history", "refused", saved_checkpoint=other.checkpoint()),
        _case("a checkpoint of another history, smaller", "refused", saved_checkpoint=other.checkpoint(1), proof=proof),
        _case("a saved file that is none", "refused", log_key=key, saved_checkpoint="not a note"),
        _case("a cosigned bundle", "verified", input="cosigned.bundle", log_key=key, **both),
        _case("a cosigned bundle whose witnesses nobody named", "verified", input="cosigned.bundle", log_key=key),
        _case("witnesses do not say whose log it is", "consistent", input="cosigned.bundle", **both),
        _case("witnesses who did not cosign", "refused", log_key=key, **both),
        _case("two of three", "verified", **alone, witnesses=[ONE.vkey, STRANGER.vkey, TWO.vkey], witnesses_needed=2),
        _case("three of three", "refused", **alone, witnesses=[ONE.vkey, STRANGER.vkey, TWO.vkey]),
        _case("four of three", "unchecked", **alone, witnesses=[ONE.vkey, STRANGER.vkey, TWO.vkey], witnesses_needed=4),
        _case("none of one", "unchecked", **alone, witnesses=[ONE.vkey], witnesses_needed=0),
        _case("one witness twice", "verified", **alone, witnesses=[ONE.vkey, ONE.vkey], witnesses_needed=1),
        _case("one witness counts once", "unchecked", **alone, witnesses=[ONE.vkey, ONE.vkey], witnesses_needed=2),
        _case("one key under two names", "unchecked", **alone,
              witnesses=[ONE.vkey, note.format_vkey("witness.example/alias", ONE.public)], witnesses_needed=1),
        _case("two keys under one name", "unchecked", **alone,
              witnesses=[ONE.vkey, note.format_vkey(ONE.name, TWO.public)], witnesses_needed=1),
        _case("a log key as a witness", "unchecked", **alone, witnesses=[key]),
        _case("what is no key as a witness", "unchecked", **alone, witnesses=["witness.example/one"]),
        _case("a number of witnesses and no names", "unchecked", **alone, witnesses_needed=1),
        _case("a cosignature of another checkpoint", "refused", **{**alone, "input": "cosigned-badly.checkpoint"},
              witnesses=[ONE.vkey]),
        _case("that cosignature, by whom nobody named", "verified", **{**alone, "input": "cosigned-badly.checkpoint"}),
        _case("a checkpoint alone", "verified", **alone),
        _case("a checkpoint alone, cosigned", "verified", **alone, **both),
        _case("a checkpoint alone without keys", "unchecked", input="cosigned.checkpoint"),
        _case("a checkpoint alone with one key", "unchecked", input="cosigned.checkpoint", log_key=key),
        _case("a checkpoint alone with words for a key", "unchecked", input="cosigned.checkpoint", log_key="my key"),
        _case("a checkpoint alone with another log's key", "refused", input="cosigned.checkpoint", log_key=foreign),
        _case("a checkpoint alone and another contract", "refused", **alone, contract="0x" + "11" * 20),
        _case("a checkpoint that extends mine", "verified", **alone, saved_checkpoint=log.checkpoint(1), proof=proof),
        _case("a checkpoint, and a file", "unchecked", **alone, files=[WINE]),
        *[_case(f"a checkpoint, bit {bit} turned over", "refused", **alone, flip=bit) for bit in (3, 180, 400, 1000, 2000)],
    ]  # fmt: skip


def _case(name: str, verdict: str, **parts: Any) -> dict[str, Any]:
    return {"name": name, "input": "example.bundle", "verdict": verdict, **parts}


def data_of(contents: dict[str, bytes], case: dict[str, Any]) -> bytes:
    """The bytes that a case is about."""
    data = bytearray(contents[case["input"]])
    if "flip" in case:
        data[case["flip"] // 8] ^= 1 << case["flip"] % 8
    return bytes(data)


def verify(contents: dict[str, bytes], case: dict[str, Any]) -> Report:
    """What the verifier in Python says about a case."""
    names = ("log_key", "contract", "saved_checkpoint", "proof", "witnesses", "witnesses_needed")
    given = {name: case[name] for name in names if name in case}
    own = [
        FileDigest(each["name"], hashlib.sha256(each["content"].encode()).digest(), len(each["content"].encode()))
        for each in case.get("files", [])
    ]
    return akashi_verify.verify_bundle(data_of(contents, case), files=own, **given)
