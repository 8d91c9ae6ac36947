"""Cosignatures as C2SP tlog-cosignature writes them, read by a second hand."""

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.cosignature import WitnessKey, WitnessSigner, cosignature_by, cosigners, time_of
from ledger.errors import BadNote, BadSignature
from ledger.note import Ed25519Signer, Note, sign

NAME = "witness.example/w1"
SIGNER = WitnessSigner(NAME, bytes(range(32)))
OTHER = WitnessSigner("other.example", bytes(32))
TEXT = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
TIME = 1679315147


def test_the_line_is_what_the_specification_says() -> None:
    private = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    public = private.public_key().public_bytes_raw()
    key_id = hashlib.sha256(NAME.encode() + b"\n\x04" + public).digest()[:4]
    message = b"cosignature/v1\ntime 1679315147\n" + TEXT.encode()
    data = key_id + TIME.to_bytes(8, "big") + private.sign(message)
    assert SIGNER.cosign(TEXT, TIME).line() == f"— {NAME} {base64.b64encode(data).decode()}\n"
    assert SIGNER.key.vkey == f"{NAME}+{key_id.hex()}+{base64.b64encode(bytes([4]) + public).decode()}"


def test_the_example_of_the_specification_parses() -> None:
    """Its key is not published; name, key id and time stand in the line."""
    line = (
        "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+"
        "mbIUBkBIfZ+qnA==\n"
    )
    signature = Note.from_text(f"{TEXT}\n{line}").signatures[0]
    assert signature.key_id.hex() == "8d66cf3f"
    assert time_of(signature.signature) == TIME
    assert len(signature.signature) == 72


def test_it_verifies_under_a_note_that_has_other_lines() -> None:
    log = Ed25519Signer("example.com/behind-the-sofa", bytes(32))
    signed = sign(TEXT, [log]).with_signature(SIGNER.cosign(TEXT, TIME)).with_signature(OTHER.cosign(TEXT, TIME))
    signed = Note.from_text(signed.as_text())
    assert time_of(signed.verified_by(SIGNER.key)) == TIME
    assert cosigners(signed, [SIGNER.key, OTHER.key]) == [SIGNER.key, OTHER.key]
    assert cosigners(sign(TEXT, [log]), [SIGNER.key]) == []


@pytest.mark.parametrize("place", [0, 7, 8, 40, 71])
def test_a_changed_byte_is_noticed_in_the_time_too(place: int) -> None:
    good = SIGNER.cosign(TEXT, TIME).signature
    bad = good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :]
    assert SIGNER.key.verifies(TEXT, good)
    assert not SIGNER.key.verifies(TEXT, bad)


def test_other_text_other_key_other_length_and_huge_times_do_not_verify() -> None:
    good = SIGNER.cosign(TEXT, TIME).signature
    assert not SIGNER.key.verifies(TEXT + "x\n", good)
    assert not WitnessKey(NAME, OTHER.key.public).verifies(TEXT, good)
    for wrong in (b"", good[:-1], good + b"\0", good[8:], (2**63).to_bytes(8, "big") + good[8:]):
        assert not SIGNER.key.verifies(TEXT, wrong)
    with pytest.raises(BadNote):
        SIGNER.cosign(TEXT, 2**63)
    with pytest.raises(BadNote):
        SIGNER.cosign(TEXT, -1)


def test_a_plain_signature_by_the_same_key_is_no_cosignature() -> None:
    """Types keep apart what one secret signs."""
    plain = Ed25519Signer(NAME, SIGNER.seed)
    assert plain.key_id != SIGNER.key.key_id
    assert not SIGNER.key.verifies(TEXT, bytes(8) + plain.sign(TEXT))
    with pytest.raises(BadNote):
        WitnessKey.from_vkey(plain.key.vkey)


def test_keys_are_written_and_read() -> None:
    assert WitnessKey.from_vkey(SIGNER.key.vkey) == SIGNER.key
    assert WitnessSigner.from_text(SIGNER.as_text()) == SIGNER
    assert SIGNER.as_text() == (
        f"PRIVATE+KEY+{NAME}+{SIGNER.key.key_id.hex()}+{base64.b64encode(bytes([4]) + bytes(range(32))).decode()}\n"
    )
    assert "PRIVATE" not in repr(SIGNER)
    assert str(list(SIGNER.seed)) not in repr(SIGNER)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PRIVATE+KEY+",
        SIGNER.key.vkey,
        SIGNER.as_text().removeprefix("PRIVATE+KEY+"),
        SIGNER.as_text().replace("w1", "w2"),
        SIGNER.as_text().replace("BAAB", "AQAB"),
        SIGNER.as_text()[:-5],
    ],
)
def test_other_texts_are_no_private_key_and_are_not_repeated(text: str) -> None:
    with pytest.raises(BadNote) as caught:
        WitnessSigner.from_text(text)
    assert "AAECAwQF" not in str(caught.value)


def test_an_answer_is_searched_for_the_witness_that_was_asked() -> None:
    wanted, other = SIGNER.cosign(TEXT, TIME), OTHER.cosign(TEXT, TIME)
    assert cosignature_by(SIGNER.key, TEXT, other.line() + wanted.line()) == wanted
    with pytest.raises(BadSignature):
        cosignature_by(SIGNER.key, TEXT, other.line())
    with pytest.raises(BadSignature):
        cosignature_by(SIGNER.key, TEXT, wanted.line() + SIGNER.cosign(TEXT + "x\n", TIME).line())
    for wrong in ("", "\n", wanted.line().strip(), "<html>\n", wanted.line() + "\n", "\t" + wanted.line()):
        with pytest.raises(BadNote):
            cosignature_by(SIGNER.key, TEXT, wrong)
