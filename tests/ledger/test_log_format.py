"""docs/log-format.md says what the code does: every worked value is derived again."""

import re
from pathlib import Path

import pytest

from ledger import akashi_verify, bundle, merkle, note
from ledger.checkpoint import Checkpoint
from tests.vectors import make_vectors

DOCUMENT = (Path(__file__).parents[2] / "docs" / "log-format.md").read_text(encoding="utf-8")
WORKED = make_vectors.worked()
SHOWN = dict(re.findall(r"^```text worked=([a-z-]+)\n(.*?)\n```$", DOCUMENT, re.DOTALL | re.MULTILINE))


@pytest.mark.parametrize("name", sorted(WORKED))
def test_a_worked_example_is_what_the_code_makes(name: str) -> None:
    assert SHOWN.get(name) == WORKED[name]


def test_every_long_value_in_the_document_is_a_worked_one() -> None:
    assert set(SHOWN) == set(WORKED)
    rest = re.sub(r"^```text worked=.*?^```$", "", DOCUMENT, flags=re.DOTALL | re.MULTILINE)
    assert re.findall(r"[0-9a-f]{40,}|[A-Za-z0-9+/]{40,}=*", rest) == []


def test_every_check_that_the_verifier_can_report_is_in_the_document() -> None:
    source = Path(akashi_verify.__file__).read_text(encoding="utf-8")
    codes = set(
        re.findall(
            r'report\.add\(\s*"([a-z_]+)"|^        \("([a-z_]+)", lambda|_ask\(report, "([a-z_]+)"', source, re.M
        )
    )
    for code in {next(filter(None, found)) for found in codes} - {"files"}:
        assert f"`{code}`" in DOCUMENT, code


def test_every_option_of_the_command_is_in_the_document() -> None:
    options = re.findall(r'add\("(--[a-z-]+)"', Path(akashi_verify.__file__).read_text(encoding="utf-8"))
    assert options
    assert [option for option in options if f"`{option}`" not in DOCUMENT] == []


@pytest.mark.parametrize("name", sorted(make_vectors.files()))
def test_a_vector_file_is_what_its_script_makes(name: str) -> None:
    assert (make_vectors.FOLDER / name).read_bytes() == make_vectors.files()[name]


def test_the_example_bundle_is_verified_with_its_key_and_refused_with_another() -> None:
    data = (make_vectors.FOLDER / "example.bundle").read_bytes()
    answers = {
        name: akashi_verify.verify_bundle(data, log_key=(make_vectors.FOLDER / name).read_text()).verdict
        for name in ("log.vkey", "foreign.vkey")
    }
    assert answers == {"log.vkey": "verified", "foreign.vkey": "refused"}
    assert len(bundle.parse_bundle(data.decode()).entries) == 3


def test_the_checkpoint_shown_is_over_the_root_shown() -> None:
    head = Checkpoint.from_text(note.Note.from_text(SHOWN["checkpoint"] + "\n").text)
    leaves = re.findall(r"^leaf \d +([0-9a-f]{64})$", SHOWN["tree"], re.MULTILINE)
    edge = merkle.CompactRange()
    edge.extend(bytes.fromhex(leaf) for leaf in leaves)
    assert (head.size, head.root) == (edge.size, edge.root())
