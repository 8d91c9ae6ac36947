"""Signed notes: strict form, known and unknown keys, both signature types."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import note
from ledger.errors import BadNote, BadSignature
from ledger.note import Ed25519Key, Ed25519Signer, Note, OperatorKey, Signature

SIGNER = Ed25519Signer("akashi.example/log", bytes(range(32)))
OTHER = Ed25519Signer("witness.example", bytes(range(1, 33)))
TEXT = "first line\n\nthird line\n"
OPERATOR = OperatorKey("akashi.example/log/operator", 31337, bytes(range(20)), bytes(range(20, 40)))

# From the documentation of Go's golang.org/x/mod/sumdb/note.
FOREIGN_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
FOREIGN_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_a_note_made_by_another_implementation_verifies() -> None:
    signed = Note.from_text(FOREIGN_NOTE)
    signed.verified_by(Ed25519Key.from_vkey(FOREIGN_KEY))
    assert signed.as_text() == FOREIGN_NOTE


def test_the_key_of_the_c2sp_example_reads_back() -> None:
    vkey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
    assert Ed25519Key.from_vkey(vkey).vkey == vkey


def test_a_signed_note_verifies_after_a_round_trip() -> None:
    text = note.sign(TEXT, [SIGNER, OTHER]).as_text()
    signed = Note.from_text(text)
    assert signed.as_text() == text
    assert signed.text == TEXT
    for key in (SIGNER.key, OTHER.key):
        signed.verified_by(key)


def test_signatures_by_unknown_keys_are_set_aside() -> None:
    strange = Signature(SIGNER.name, b"abcd", b"not a signature")
    signed = note.sign(TEXT, [SIGNER]).with_signature(strange)
    signed.verified_by(SIGNER.key)
    assert signed.with_signature(strange) is signed


def test_a_bad_signature_by_a_known_key_spoils_the_note() -> None:
    bad = Signature(SIGNER.name, SIGNER.key_id, bytes(64))
    with pytest.raises(BadSignature):
        note.sign(TEXT, [SIGNER]).with_signature(bad).verified_by(SIGNER.key)


def test_a_missing_signature_is_refused() -> None:
    with pytest.raises(BadSignature):
        note.sign(TEXT, [OTHER]).verified_by(SIGNER.key)
    renamed = Ed25519Key("somebody.else", SIGNER.key.public)
    with pytest.raises(BadSignature):
        note.sign(TEXT, [SIGNER]).verified_by(renamed)


def test_a_changed_text_is_refused() -> None:
    signed = note.sign(TEXT, [SIGNER])
    with pytest.raises(BadSignature):
        Note(TEXT.replace("first", "First"), signed.signatures).verified_by(SIGNER.key)


LINE = note.sign(TEXT, [SIGNER]).signatures[0].line()


@pytest.mark.parametrize(
    "source",
    [
        "",
        "\n",
        "text\n",
        "text\n\n",
        "text\n" + LINE,
        "text\n\n" + LINE[:-1],
        "text\n\n" + LINE + "\n",
        "text\n\n" + LINE + "more\n",
        "text\n\n " + LINE,
        "text\n\n" + LINE.replace("\u2014", "-"),
        "text\n\n" + LINE.replace("\u2014 ", "\u2014"),
        "text\n\n" + LINE.replace("/log ", "/log  "),
        "text\n\n" + LINE.replace("akashi.example", "akashi+example"),
        "text\n\n" + LINE.replace("akashi.example", "akashi\u00a0example"),
        "text\n\n\u2014  " + LINE.rpartition(" ")[2],
        "text\n\n" + LINE.replace("=", ""),
        "text\n\n" + LINE.replace("\n", " \n"),
        "text\n\n\u2014 name AAAAAA==\n",
        "text\n\n\u2014 name AAAAAAB=\n",
        "text\n\n\u2014 name AAAA_AA=\n",
        "text\r\n\n" + LINE,
        "te\txt\n\n" + LINE,
        "te\0xt\n\n" + LINE,
        "te\ud800xt\n\n" + LINE,
        "text\n\n" + LINE * 101,
    ],
)
def test_what_is_not_a_signed_note_is_refused(source: str) -> None:
    with pytest.raises(BadNote):
        Note.from_text(source)


def test_100_signatures_are_accepted() -> None:
    assert len(Note.from_text("text\n\n" + LINE * 100).signatures) == 100


@given(st.text(max_size=40))
def test_whatever_parses_is_written_the_same_way_again(head: str) -> None:
    for source in (head, f"{head}\n\n{LINE}", f"text\n\n{head}{LINE}"):
        try:
            parsed = Note.from_text(source)
        except BadNote:
            continue
        assert parsed.as_text() == source


@pytest.mark.parametrize("text", ["no newline", "tab\there\n", "\x7f\x01\n", "\ud800\n"])
def test_a_text_that_no_note_may_hold_is_not_signed(text: str) -> None:
    with pytest.raises(BadNote):
        note.sign(text, [SIGNER])


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u3000b"])
def test_what_cannot_name_a_key_is_refused(name: str) -> None:
    with pytest.raises(BadNote):
        note.format_vkey(name, b"\x01" + bytes(32))


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "name",
        "name+00000000",
        SIGNER.key.vkey + "=",
        SIGNER.key.vkey.replace("akashi", "Akashi"),
        SIGNER.key.vkey.upper(),
        note.format_vkey("name", b"\x01" + bytes(31)),
        note.format_vkey("name", b"\x02" + bytes(32)),
        OPERATOR.vkey,
    ],
)
def test_what_is_not_an_ed25519_key_string_is_refused(vkey: str) -> None:
    with pytest.raises(BadNote):
        Ed25519Key.from_vkey(vkey)


def test_a_signers_secret_is_not_shown() -> None:
    assert SIGNER.seed.hex() not in repr(SIGNER)
    assert base64.b64encode(SIGNER.seed).decode() not in repr(SIGNER)


def test_a_seed_of_another_length_does_not_sign() -> None:
    with pytest.raises(BadNote):
        note.sign(TEXT, [Ed25519Signer("name", bytes(31))])


def test_an_operator_key_string_holds_chain_contract_and_address() -> None:
    name, public = note.parse_vkey(OPERATOR.vkey)
    assert name == "akashi.example/log/operator"
    assert public == b"\xffakashi-eip712-head" + (31337).to_bytes(8, "big") + bytes(range(40))
    assert OperatorKey.from_vkey(OPERATOR.vkey) == OPERATOR


@pytest.mark.parametrize(
    "vkey", [SIGNER.key.vkey, note.format_vkey("name", note.EIP712_HEAD + bytes(47)), note.format_vkey("n", b"\xff")]
)
def test_what_is_not_an_operator_key_string_is_refused(vkey: str) -> None:
    with pytest.raises(BadNote):
        OperatorKey.from_vkey(vkey)


@pytest.mark.parametrize(("chain_id", "contract"), [(0, bytes(20)), (2**64, bytes(20)), (1, bytes(19))])
def test_an_operator_key_out_of_range_has_no_string(chain_id: int, contract: bytes) -> None:
    with pytest.raises(BadNote):
        OperatorKey("name", chain_id, contract, bytes(20)).vkey  # noqa: B018
