"""The epoch's bundle: the same input gives the same bytes, and nothing published changes."""

import hashlib
import json
from pathlib import Path

import pytest

from ledger import canonical
from rewards import tree
from rewards.calculation import is_due
from rewards.epoch_bundle import FILES, manifest_hash, read_manifest, read_previous, read_rows
from rewards.errors import BundleRefused, EpochRefused
from rewards.log_proof import Gap, gaps, root
from tests.rewards.log_builder import TERMS, Log, person, wallet_of
from tests.rewards.story import Story, cutoff_of, first_epoch, tell


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return tell(tmp_path_factory.mktemp("story"))


def test_another_data_directory_gives_the_same_bytes(story: Story, tmp_path: Path) -> None:
    again = tell(tmp_path)
    for one, two in ((story.first, again.first), (story.second, again.second)):
        for name in ("manifest.json", *FILES):
            assert (one / name).read_bytes() == (two / name).read_bytes()
        assert manifest_hash(one) == manifest_hash(two)


def test_every_line_is_canonical_and_the_manifest_names_it(story: Story) -> None:
    manifest = read_manifest(story.second)
    assert sorted(path.name for path in story.second.iterdir()) == sorted(["manifest.json", *FILES])
    for name in FILES:
        body = (story.second / name).read_bytes()
        assert manifest["files"][name] == {"sha256": hashlib.sha256(body).hexdigest(), "lines": body.count(b"\n")}
        assert [canonical.encode(json.loads(line)) for line in body.splitlines()] == body.splitlines()


def test_the_manifest_says_how_everything_adds_up(story: Story) -> None:
    manifest = read_manifest(story.second)
    result, previous = manifest["result"], manifest["previous"]
    assert (
        int(manifest["budget_wei"]) == TERMS.budget(5) == int(result["allocated_wei"]) + int(result["unallocated_wei"])
    )
    assert int(result["credited_wei"]) == int(previous["credited_wei"]) + int(result["allocated_wei"])
    assert int(result["credited_wei"]) == int(result["total_wei"]) + int(result["pending_wei"])
    assert previous["epoch"] == 3
    assert previous["manifest"] == manifest_hash(story.first)
    assert manifest["ledger"] == {"size": story.finds[1].cutoff, "root": story.log.root(story.finds[1].cutoff).hex()}


def test_previous_is_the_last_bundles_leaves_byte_for_byte(story: Story) -> None:
    assert (story.second / "previous.ndjson").read_bytes() == (story.first / "leaves.ndjson").read_bytes()
    assert read_previous(story.first).leaves == story.finds[0].settlement.leaves


def test_credit_waits_for_a_wallet_and_then_moves(story: Story) -> None:
    first, second = read_previous(story.first), read_previous(story.second)
    assert first.pending[person("carol")] > 0
    assert person("carol") not in second.pending
    assert second.leaves[wallet_of("carol")] == first.pending[person("carol")] + story.finds[1].allocation.accounts.get(
        person("carol"), 0
    )
    assert all(second.leaves[wallet] >= amount for wallet, amount in first.leaves.items())


def test_proofs_from_the_nodes_lead_to_the_root(story: Story) -> None:
    found = story.finds[1]
    for wallet, amount in found.settlement.leaves.items():
        siblings = tree.proof(found.nodes, wallet, amount)
        assert siblings is not None
        assert tree.leads_to(tree.leaf_hash(wallet, amount), siblings).hex() == found.root


def test_a_written_bundle_is_not_written_differently(story: Story, tmp_path: Path) -> None:
    log = first_epoch()
    found = log.calculate(3, size=cutoff_of(log, 3))
    one = log.write(tmp_path / "3", found)
    assert log.write(tmp_path / "3", found) == one
    log = first_epoch()
    log.bodies = log.bodies[:-6]
    with pytest.raises(BundleRefused, match="written before"):
        log.write(tmp_path / "3", log.calculate(3))
    assert manifest_hash(tmp_path / "3") == one
    assert [path.name for path in tmp_path.iterdir()] == ["3"]


def test_what_a_killed_run_left_behind_does_not_matter(tmp_path: Path) -> None:
    (tmp_path / ".3.partial" / "x").mkdir(parents=True)
    log = first_epoch()
    log.write(tmp_path / "3", log.calculate(3, size=cutoff_of(log, 3)))
    assert read_manifest(tmp_path / "3")["epoch"] == 3


def test_a_file_that_was_changed_is_not_read(story: Story, tmp_path: Path) -> None:
    log = first_epoch()
    log.write(tmp_path / "3", log.calculate(3, size=cutoff_of(log, 3)))
    with (tmp_path / "3" / "leaves.ndjson").open("ab") as file:
        file.write(b"\n")
    with pytest.raises(BundleRefused, match=r"leaves\.ndjson"):
        list(read_rows(tmp_path / "3", "leaves.ndjson"))
    with pytest.raises(BundleRefused):
        list(read_rows(tmp_path / "3", "other.ndjson"))
    (tmp_path / "3" / "manifest.json").write_bytes(b"{}")
    with pytest.raises(BundleRefused):
        read_previous(tmp_path / "3")
    with pytest.raises(BundleRefused):
        manifest_hash(tmp_path / "4")


# --- when an epoch is due ------------------------------------------------------------------------


def test_an_epoch_with_nothing_new_is_not_due() -> None:
    log = first_epoch()
    assert not is_due(log.record(), 4, None)
    log.assess(log.own_work("more", "alice"), "henry")
    assert is_due(log.record(), 4, None)


def test_a_wallet_for_credit_that_waits_makes_an_epoch_due(story: Story) -> None:
    log, previous = first_epoch(), read_previous(story.first)
    log.bind("judy")
    assert not is_due(log.record(), 4, previous)
    log.bind("carol")
    assert is_due(log.record(), 4, previous)


def test_an_epoch_goes_on_from_the_newest_that_was_finalized(story: Story) -> None:
    log = first_epoch()
    with pytest.raises(EpochRefused, match="newest finalized epoch is 3"):
        log.calculate(5)
    with pytest.raises(EpochRefused, match="newest finalized epoch is 3"):
        log.calculate(5, read_previous(story.second))


# --- the proof of the entries --------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 21])
def test_entries_and_gaps_lead_to_the_logs_root(size: int) -> None:
    log = Log()
    log.grant(*(f"person {number}" for number in range(size)))
    for step in (1, 2, 3, 5, 30):
        leaves = list(range(0, size, step))
        between = list(gaps(log.read, leaves, size))
        entries = [(leaf, log.bodies[leaf]) for leaf in leaves]
        assert root(entries, between, size) == log.root()
        assert root([], gaps(log.read, [], size), size) == log.root()
        assert root(entries[1:], [*between, Gap(0, 0, bytes(32))], size) != log.root()
        with pytest.raises(BundleRefused):
            root(entries[1:], between, size)
        with pytest.raises(BundleRefused):
            root(entries, between, size + 1)
