"""The page's own hashes, curves and JSON against other implementations, and against the Python file where it is stricter."""

import hashlib
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from eth_keys.datatypes import PrivateKey
from eth_utils.crypto import keccak
from playwright.sync_api import Browser

from chain import signatures
from ledger import akashi_verify
from tests.browser.page_verifier import PageVerifier
from tests.ledger.test_merkle import LEAVES, path, spoilt, subproof, tree_hash
from tests.ledger.test_verifier_arithmetic import CURVE_ORDER, ORDER, RFC_8032

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def verifier(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageVerifier]:
    made = PageVerifier(chromium, tmp_path_factory.mktemp("page"))
    yield made
    made.page.close()


def computed(verifier: PageVerifier, expression: str, values: list[Any]) -> list[Any]:
    """The expression for each value, which it calls `it`; bytes go in and come out as hex."""
    found: list[Any] = verifier.page.evaluate(f"(all) => all.map((it) => {expression})", values)
    return found


def test_hashes_agree_with_openssls_and_ethereums_at_every_edge_of_a_block(verifier: PageVerifier) -> None:
    data = [bytes(index % 251 for index in range(size)) for size in [*range(290), 1000, 5000]]
    texts = [each.hex() for each in data]
    assert computed(verifier, "hex(sha256(unhex(it)))", texts) == [hashlib.sha256(each).hexdigest() for each in data]
    assert computed(verifier, "hex(sha512(unhex(it)))", texts) == [hashlib.sha512(each).hexdigest() for each in data]
    assert computed(verifier, "hex(keccak256(unhex(it)))", texts) == [keccak(each).hex() for each in data]


def test_sha_256_in_pieces_is_that_of_the_whole(verifier: PageVerifier) -> None:
    data = Random(1).randbytes(3000)
    sizes = [[size] * (3000 // size) + [3000 % size] for size in (1, 7, 63, 64, 65, 100, 1024, 2999)]
    ends = [[sum(each[: place + 1]) for place in range(len(each))] for each in sizes]
    expression = (
        f"hex(it.reduce((hash, end, place) => hash.update(unhex('{data.hex()}').slice(it[place - 1] ?? 0, end)), "
        "new Sha256()).digest())"
    )
    assert set(computed(verifier, expression, ends)) == {hashlib.sha256(data).hexdigest()}


def test_ed25519_agrees_on_good_bad_and_second_forms(verifier: PageVerifier) -> None:
    chance = Random(2)
    signed = [tuple(bytes.fromhex(part) for part in vector) for vector in RFC_8032]
    for _ in range(12):
        private, message = (
            Ed25519PrivateKey.from_private_bytes(chance.randbytes(32)),
            chance.randbytes(chance.randrange(200)),
        )
        signed.append((private.public_key().public_bytes_raw(), message, private.sign(message)))
    cases = list(signed)
    for public, message, signature in signed:
        wrong = bytearray(signature)
        wrong[chance.randrange(64)] ^= 1 << chance.randrange(8)
        second = int.from_bytes(signature[32:], "little") + ORDER
        cases += [
            (public, message, bytes(wrong)),
            (public, message + b"x", signature),
            (public, message, signature[:63]),
        ]
        cases += [(public, message, signature + b"x"), (public, message, b"")]
        cases += [(public, message, signature[:32] + second.to_bytes(32, "little"))] if second < 2**256 else []
    neutral = (1).to_bytes(32, "little") + bytes(32)
    weak = [1, 2**255 - 20, 0, 2**255 - 19, 2**255 + 1, 2, 2**256 - 1]
    cases += [(key.to_bytes(32, "little"), b"text", neutral) for key in weak]
    cases.append((bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), b"text", neutral))
    expected = [akashi_verify.ed25519_verifies(*case) for case in cases]
    assert expected.count(True) == len(signed)
    texts = [[part.hex() for part in case] for case in cases]
    assert computed(verifier, "ed25519Verifies(...it.map(unhex))", texts) == expected


def test_recovery_agrees_on_good_bad_and_second_forms(verifier: PageVerifier) -> None:
    chance, cases = Random(3), []
    for _ in range(8):
        private, digest = PrivateKey(chance.randrange(1, CURVE_ORDER).to_bytes(32, "big")), chance.randbytes(32)
        signature = signatures.join(private.sign_msg_hash(digest))
        other = (CURVE_ORDER - int.from_bytes(signature[32:64], "big")).to_bytes(32, "big")
        flipped = bytes([55 - signature[64]])
        cases += [(digest, signature), (digest, signature[:64]), (digest, signature[:64] + flipped)]
        cases += [
            (digest, signature[:32] + other + flipped),
            (chance.randbytes(32), signature),
            (digest, bytes(64) + b"\x1b"),
        ]
        cases += [(digest, b"\xff" * 32 + signature[32:]), (digest, signature + b"\x1b")]
    expected = [akashi_verify.recover_address(*case) for case in cases]
    found = computed(
        verifier, "(recoverAddress(...it.map(unhex)) ?? []).join()", [[a.hex(), b.hex()] for a, b in cases]
    )
    assert found == [",".join(str(byte) for byte in address or b"") for address in expected]
    assert None in expected


def test_merkle_proofs_agree_at_every_small_size(verifier: PageVerifier) -> None:
    inclusion, consistency = [], []
    for size in range(1, 10):
        for index in range(size):
            proof = path(index, 0, size)
            inclusion += [(LEAVES[index], index, size, each) for each in [proof, *spoilt(proof)]]
        for old in range(size + 1):
            proof = subproof(old, 0, size, True) if 0 < old < size else []
            roots = tree_hash(0, old), tree_hash(0, size)
            consistency += [(old, size, *roots, each) for each in [proof, *spoilt(proof)]]

    def root(leaf: bytes, index: int, size: int, proof: list[bytes]) -> str:
        try:
            return akashi_verify.root_from_inclusion(leaf, index, size, proof).hex()
        except akashi_verify.Refused:
            return "refused"

    expression = (
        "(() => { try { return hex(rootFromInclusion(unhex(it[0]), BigInt(it[1]), BigInt(it[2]), it[3].map(unhex))); } "
        "catch (problem) { if (problem instanceof Refused) return 'refused'; throw problem; } })()"
    )
    assert computed(verifier, expression, [in_hex(case) for case in inclusion]) == [root(*case) for case in inclusion]
    expression = "isConsistent(BigInt(it[0]), BigInt(it[1]), unhex(it[2]), unhex(it[3]), it[4].map(unhex))"
    answers = [akashi_verify.is_consistent(*case) for case in consistency]
    assert computed(verifier, expression, [in_hex(case) for case in consistency]) == answers
    assert set(answers) == {True, False}


def in_hex(value: Any) -> Any:
    """Bytes as hex, also within lists."""
    if isinstance(value, (list, tuple)):
        return [in_hex(each) for each in value]
    return value.hex() if isinstance(value, bytes) else value


TEXTS = [
    "{}", "[]", "null", "true", '"x"', "0", "-1", "-0", "1.0", "1e2", "01", "+1", "9007199254740991", "9007199254740992",
    "-9007199254740992", "1" * 400, "NaN", "Infinity", '{"a":1,"a":1}', '{"b":1,"a":2}', '{"a":1,"b":2}', ' {"a":1}',
    '{"a": 1}', '{"a":1}\n', '{"__proto__":1}', '{"constructor":{}}', '{"1":1,"02":2,"10":3}', '{"10":1,"9":2}',
    '"\\u0041"', '"\\u000a"', '"\\n"', '"\\u0001"', '"\\u001F"', '"\\u001f"', '"\\/"', '"/"', '"\x7f"', '"\u2028"', '"\ufeff"',
    '"\\ud800"', '"\\ud83d\\ude00"', '"\U0001f600"', '{"\ue000":1,"\U0001f600":2}', '{"\U0001f600":2,"\ue000":1}', "[1,]", "[,]",
    "", "tru", "'x'", "\ufeff{}", '"\t"', "[" * 64 + "]" * 64, "[" * 65 + "]" * 65, "[" * 64 + "1" + "]" * 64,
    "[" * 65 + "1" + "]" * 65, "[" * 3000 + "]" * 3000, '{"a":' * 64 + "1" + "}" * 64, '{"a":' * 65 + "1" + "}" * 65,
]  # fmt: skip


def test_json_is_taken_and_refused_alike(verifier: PageVerifier) -> None:
    def taken(text: str) -> bool:
        try:
            akashi_verify.parse_canonical(text, "it")
        except akashi_verify.Refused:
            return False
        return True

    expression = (
        "(() => { try { parseCanonical(it, 'it'); return true; } "
        "catch (problem) { if (problem instanceof Refused) return false; throw problem; } })()"
    )
    expected = [taken(text) for text in TEXTS]
    found = computed(verifier, expression, TEXTS)
    assert [text for text, one, two in zip(TEXTS, found, expected, strict=True) if one != two] == []
    assert expected.count(True) == 25
