"""What is refused before a byte moves, and how files are cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.uploads.rules import (
    LARGEST_FILE,
    MIB,
    MOST_PARTS,
    PartPlan,
    Reason,
    is_digest,
    is_purpose,
    part_plan,
    path_problem,
    refused_reason,
)


def reason(name: str, size: int = 1) -> Reason | None:
    refused = refused_reason(name, size)
    return refused.reason if refused else None


@pytest.mark.parametrize(
    "name", ["README.md", "data/train-00001.parquet", "音声/がぎ.csv", "a b.txt", "...", "model.bin"]
)
def test_an_ordinary_path_is_accepted(name: str) -> None:
    assert reason(name) is None


@pytest.mark.parametrize(
    "name",
    ["a.pkl", "A.PKL", "a.pickle", "dir/a.joblib", "a.dill", "a.pkl.gz", "a.pickle.zst", "a.pkl.zip.gz"],
)
def test_a_pickle_is_refused_whatever_its_case_and_compression(name: str) -> None:
    assert reason(name) is Reason.PICKLE


@pytest.mark.parametrize("name", ["weights.pt", "weights.PTH", "last.ckpt", "last.ckpt.xz"])
def test_pickled_weights_are_refused(name: str) -> None:
    assert reason(name) is Reason.PICKLED_WEIGHTS


@pytest.mark.parametrize("name", ["/etc/passwd", "a//b", "a/", "../a", "a/../b", "./a", "a\\b", " a", "a /b", "a/ b"])
def test_a_name_that_is_no_path_inside_the_repository_is_refused(name: str) -> None:
    assert reason(name) is Reason.NOT_A_PATH


@pytest.mark.parametrize("name", ["a\nb", "a\0b", "a\x7f", "a\u2028b", "invoice\u202egpj.exe", "\ud800"])
def test_a_character_that_cannot_be_seen_is_refused(name: str) -> None:
    assert reason(name) is Reason.CONTROL_CHARACTER


def test_a_name_that_is_not_in_normal_form_c_is_refused() -> None:
    assert reason("か\u3099.csv") is Reason.NOT_NFC


def test_the_git_folder_is_refused_at_any_depth_and_in_any_case() -> None:
    assert reason(".git/config") is Reason.GIT_FOLDER
    assert reason("sub/.GIT/hooks/x") is Reason.GIT_FOLDER
    assert reason(".gitignore") is None


def test_a_path_has_at_most_512_bytes_and_255_in_one_segment() -> None:
    assert reason("/".join(["a" * 255, "b" * 255, "c"])) is Reason.LONG_NAME
    assert reason("/".join(["a" * 255, "b" * 254, "c"])) is None
    assert reason("あ" * 86) is Reason.LONG_NAME
    assert reason("あ" * 85) is None


def test_an_empty_name_is_refused() -> None:
    assert reason("") is Reason.EMPTY_NAME


def test_a_file_may_have_exactly_the_limit_and_no_byte_more() -> None:
    assert refused_reason("a", 100, 100) is None
    refused = refused_reason("a", 101, 100)
    assert refused is not None
    assert (refused.field, refused.reason, refused.limit) == ("size", Reason.TOO_LARGE, 100)
    assert reason("a", -1) is Reason.NEGATIVE_SIZE


@given(st.text(max_size=40))
def test_an_accepted_path_stays_inside_any_folder(name: str) -> None:
    if path_problem(name) is None:
        depth = 0
        for segment in name.split("/"):
            assert segment not in {"", ".", ".."}
            depth += 1
        assert depth >= 1


def test_parts_are_8_mib_until_more_than_9000_would_be_needed() -> None:
    assert part_plan(0) == PartPlan(0, 8 * MIB, 0)
    assert part_plan(1) == PartPlan(1, 8 * MIB, 1)
    assert part_plan(8 * MIB) == PartPlan(8 * MIB, 8 * MIB, 1)
    assert part_plan(8 * MIB * MOST_PARTS).part_size == 8 * MIB
    assert part_plan(8 * MIB * MOST_PARTS + 1).part_size == 16 * MIB


@given(st.integers(min_value=0, max_value=2**53 - 1))
def test_the_parts_of_any_file_add_up_to_it(size: int) -> None:
    plan = part_plan(size)
    assert plan.count <= MOST_PARTS
    assert plan.part_size % (8 * MIB) == 0
    if plan.count:
        last = plan.length(plan.count - 1)
        assert 0 < last <= plan.part_size
        assert (plan.count - 1) * plan.part_size + last == size
    else:
        assert size == 0


@pytest.mark.parametrize("index", [-1, 2, 9001])
def test_there_is_no_part_outside_the_plan(index: int) -> None:
    with pytest.raises(IndexError):
        part_plan(8 * MIB + 1).length(index)


def test_digests_and_purposes_have_one_form() -> None:
    assert is_digest("0" * 64)
    assert not is_digest("A" * 64)
    assert not is_digest("0" * 64 + "\n")
    assert is_purpose("revision:5d1c")
    assert not is_purpose("")
    assert not is_purpose("a" * 121)
    assert not is_purpose("no spaces")


def test_the_largest_file_fits_into_the_parts() -> None:
    assert part_plan(LARGEST_FILE).count <= MOST_PARTS
