"""The second program: it accepts what the first one made, and refuses every change to it with a sentence that says which."""

import ast
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from sha3 import keccak_256

from ledger import canonical
from rewards import akashi_recompute, rule, tree
from rewards import policy as policies
from rewards.akashi_recompute import recompute
from rewards.epoch_bundle import read_previous
from rewards.inputs import EpochInput
from tests.rewards.log_builder import Log, binding_digest, person, signed, wallet_of
from tests.rewards.story import Story, Tampered, cutoff_of, first_epoch, second_epoch, tell
from tests.rewards.worked import epochs

SCRIPT = Path(akashi_recompute.__file__)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return tell(tmp_path_factory.mktemp("story"))


@pytest.fixture
def bundle(story: Story, tmp_path: Path) -> Tampered:
    """A copy of the second epoch's bundle."""
    return Tampered(story.second, tmp_path / "5")


def refusal(folder: Path, **more: Any) -> str:
    """The sentence with which a bundle is refused."""
    report = recompute(folder, **more)
    found = [check.text for check in report.checks if check.passed is False]
    assert (report.verdict, report.exit_code, len(found)) == ("refused", 1, 1), report.checks
    assert found[0].endswith(".")
    assert "malformed" not in found[0], found[0]
    return found[0]


# --- what is accepted ----------------------------------------------------------------------------


def test_both_epochs_are_accepted(story: Story) -> None:
    first = recompute(story.first)
    assert (first.verdict, first.exit_code) == ("recomputed", 0), first.checks
    second = recompute(story.second, previous=story.first, manifest_hash=_hash(story.second))
    assert [check.passed for check in second.checks] == [True] * 8, second.checks


def test_of_an_account_without_credit_no_wallet_is_shown(story: Story) -> None:
    for folder in (story.first, story.second):
        shown = b"".join(
            (folder / name).read_bytes() for name in ("bindings.ndjson", "accounts.ndjson", "leaves.ndjson")
        )
        assert wallet_of("frank").encode() not in shown
        assert person("frank").encode() not in shown
        assert person("alice").encode() in shown


def test_without_the_previous_bundle_it_says_what_it_took_on_trust(story: Story) -> None:
    report = recompute(story.second)
    assert report.verdict == "recomputed"
    assert [check.code for check in report.checks if check.passed is None] == ["previous"]


def test_it_runs_alone_by_another_python_and_ends_with_0_or_1(story: Story, tmp_path: Path) -> None:
    copy = tmp_path / "akashi_recompute.py"
    copy.write_bytes(SCRIPT.read_bytes())
    command = [sys.executable, "-I", str(copy)]
    good = subprocess.run([*command, str(story.second), "--previous", str(story.first)], capture_output=True, text=True)
    assert (good.returncode, good.stderr) == (0, "")
    assert "Recomputed: every amount follows from the record by the rule." in good.stdout
    bad = subprocess.run([*command, str(story.second), "--manifest-hash", "0" * 64], capture_output=True, text=True)
    assert (bad.returncode, bad.stderr) == (1, "")
    assert "Refused: do not rely on this bundle." in bad.stdout
    answer = subprocess.run([*command, str(story.first), "--json"], capture_output=True, text=True)
    assert json.loads(answer.stdout)["verdict"] == "recomputed"
    assert subprocess.run(command, capture_output=True).returncode == 3


def test_it_imports_the_standard_library_alone() -> None:
    for node in ast.walk(ast.parse(SCRIPT.read_bytes())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        assert all(name.split(".")[0] in sys.stdlib_module_names for name in names)


@settings(max_examples=200, deadline=None)
@given(epochs)
def test_both_programs_agree_on_random_epochs(epoch: EpochInput) -> None:
    """The rule alone, without clusters and with equal weights, as version 1 of the works has them."""
    plain = replace(epoch, clusters={}, edges=[edge._replace(weight=10_000) for edge in epoch.edges])
    ours = rule.allocate(plain)
    rows = {
        work.sequence: {
            "kind": work.kind,
            "owners": [list(owner) for owner in work.owners],
            "initial": work.initial,
            "standing": work.standing,
            "signals": work._asdict(),
        }
        for work in plain.works
    }
    parents: dict[int, list[int]] = {work.sequence: [] for work in plain.works}
    for edge in plain.edges:
        parents[edge.child].append(edge.parent)
    made = akashi_recompute.Epoch(7, policies.as_object(plain.policy), rows, parents, None)
    theirs = akashi_recompute.allocate(made, plain.budget_wei)
    assert list(theirs.score.values()) == ours.scores
    assert list(theirs.gross.values()) == ours.gross
    assert list(theirs.kept.values()) == ours.kept
    assert theirs.accounts == ours.accounts


def test_the_bundles_for_other_programs_are_what_we_make(story: Story) -> None:
    """When this fails the format changed: `python -m tests.vectors.make_epochs`, and docs/rewards.md."""
    for folder in (story.first, story.second):
        given = Path(__file__).parent.parent / "vectors" / "epochs" / folder.name
        assert {path.name: path.read_bytes() for path in given.iterdir()} == {
            path.name: path.read_bytes() for path in folder.iterdir()
        }


# --- what is refused -----------------------------------------------------------------------------

Change = Callable[[Tampered], Any]


def _edit(name: str, row: int, **values: Any) -> Change:
    return lambda bundle: bundle.rows(name, lambda rows: rows[row].update(values))


def _drop(name: str, row: int) -> Change:
    return lambda bundle: bundle.rows(name, lambda rows: rows.pop(row))


def _swap(name: str, one: int, two: int) -> Change:
    def change(rows: list[dict[str, Any]]) -> None:
        rows[one], rows[two] = rows[two], rows[one]

    return lambda bundle: bundle.rows(name, change)


def _more(member: str, wei: int = 1) -> Callable[[dict[str, Any]], Any]:
    return lambda row: row.update({member: str(int(row[member]) + wei)})


def _one_wei(bundle: Tampered) -> None:
    bundle.rows("allocations.ndjson", lambda rows: (_more("wei")(rows[0]), _more("wei", -1)(rows[1])))


def _one_wei_with_the_root_made_again(bundle: Tampered) -> None:
    def change(rows: list[dict[str, Any]]) -> None:
        _more("cumulative_wei")(rows[0])
        _more("cumulative_wei", -1)(rows[1])
        leaves = [(row["wallet"], int(row["cumulative_wei"])) for row in rows]
        made = "0x" + tree.root(tree.build(leaves)).hex()
        bundle.set(lambda manifest: manifest["result"].update(root=made))

    bundle.rows("leaves.ndjson", change)


def _other_policy(bundle: Tampered) -> None:
    def change(manifest: dict[str, Any]) -> None:
        manifest["policy"]["royalty_bps"] = 0
        manifest["policy_hash"] = hashlib.sha256(canonical.encode(manifest["policy"])).hexdigest()

    bundle.set(change)


def _entry(leaf_type: str, **data: Any) -> Change:
    """Change the data of the last entry of a type."""

    def change(rows: list[dict[str, Any]]) -> None:
        [row for row in rows if row["entry"]["type"] == leaf_type][-1]["entry"]["data"].update(data)

    return lambda bundle: bundle.rows("entries.ndjson", change)


def _entry_left_out(bundle: Tampered) -> None:
    """Hide an assessment behind its hash, so that the log's root still follows."""

    def change(rows: list[dict[str, Any]]) -> None:
        place = max(place for place, row in enumerate(rows) if row["entry"]["type"] == "assessment.made")
        row = rows.pop(place)
        hidden = hashlib.sha256(b"\0" + canonical.encode(row["entry"])).hexdigest()
        gap = {"start": row["leaf"], "level": 0, "hash": hidden}

        def add(gaps: list[dict[str, Any]]) -> None:
            gaps[:] = sorted([*gaps, gap], key=lambda each: each["start"])

        bundle.rows("gaps.ndjson", add)

    bundle.rows("entries.ndjson", change)


def _wallet_of_mallory(bundle: Tampered) -> None:
    """Every place that names carol's wallet names mallory's."""
    carol, mallory = wallet_of("carol"), wallet_of("mallory")
    bundle.rows("accounts.ndjson", lambda rows: [row.update(wallet=mallory) for row in rows if row["wallet"] == carol])
    bundle.rows(
        "leaves.ndjson",
        lambda rows: (
            [row.update(wallet=mallory) for row in rows if row["wallet"] == carol],
            rows.sort(key=lambda row: row["wallet"]),
        ),
    )


def _stray_file(bundle: Tampered) -> None:
    (bundle.folder / "notes.txt").write_text("hello")


def _stray_bytes(bundle: Tampered) -> None:
    bundle.bytes("rewards.ndjson", (bundle.folder / "rewards.ndjson").read_bytes() + b"{}")


def _unsealed(bundle: Tampered) -> None:
    with (bundle.folder / "rewards.ndjson").open("ab") as file:
        file.write(b"{}\n")


CHANGES: dict[str, tuple[Change, str]] = {
    "one wei moved": (_one_wei, r"line 1 of allocations\.ndjson .* says wei \d+ and should say"),
    "one wei moved, root made again": (_one_wei_with_the_root_made_again, r"line 1 of leaves\.ndjson .*cumulative_wei"),
    "one wei more for a work": (
        lambda bundle: bundle.rows("rewards.ndjson", lambda rows: _more("kept_wei")(rows[0])),
        r"line 1 of rewards\.ndjson .*kept_wei",
    ),
    "an edge left out": (_drop("edges.ndjson", 0), r"edges\.ndjson"),
    "an edge turned": (_edit("edges.ndjson", 0, parent=99), r"line 1 of edges\.ndjson .*parent 99 and should say"),
    "a weight changed": (_edit("edges.ndjson", 0, weight=1000), r"weight 1000 and should say 10000"),
    "a share changed": (
        lambda bundle: bundle.rows(
            "contributions.ndjson",
            lambda rows: next(row for row in rows if len(row["owners"]) == 2)["owners"][0].__setitem__(1, 5000),
        ),
        r"contributions\.ndjson .*says owners .*5000",
    ),
    "an owner dropped": (
        _edit("contributions.ndjson", 1, owners=[[person("bob"), 10_000]]),
        r"line 2 of contributions\.ndjson .*owners",
    ),
    "a review changed": (
        lambda bundle: bundle.rows("contributions.ndjson", lambda rows: rows[-1]["signals"].update(quality=100)),
        r"contributions\.ndjson .*signals",
    ),
    "a review changed in the record": (_entry("assessment.made", quality=100), r"not those of the log"),
    "a share changed in the record": (
        _entry("contribution.opened", authors=[{"account": "acct:" + person("mallory"), "bps": 10_000}]),
        r"not those of the log",
    ),
    "an assessment left out": (_entry_left_out, r"contributions\.ndjson"),
    "an entry left out": (_drop("entries.ndjson", 4), r"do not meet at leaf"),
    "an entry moved": (_edit("entries.ndjson", 2, leaf=0), r"does not come after"),
    "standing without an assessment": (
        _edit("contributions.ndjson", -1, standing=False),
        r"standing false and should say true",
    ),
    "a work paid twice": (_edit("contributions.ndjson", 0, initial=True), r"initial true and should say false"),
    "another policy": (_other_policy, r"manifest's policy is .* and should be"),
    "another policy hash": (
        lambda bundle: bundle.set(lambda manifest: manifest.update(policy_hash="0" * 64)),
        r"policy_hash is 0+ and should be",
    ),
    "a larger budget": (
        lambda bundle: bundle.set(lambda manifest: manifest.update(budget_wei=str(10**24))),
        r"budget_wei is 10+ and should be",
    ),
    "another epoch": (
        lambda bundle: bundle.set(lambda manifest: manifest.update(epoch=3)),
        r"epoch 3 was closed before|epoch",
    ),
    "leaves in another order": (_swap("leaves.ndjson", 0, 1), r"line 1 of leaves\.ndjson"),
    "previous amounts in another order": (
        _swap("previous.ndjson", 0, 1),
        r"line 2 of previous\.ndjson does not come after",
    ),
    "a previous amount lowered": (_edit("previous.ndjson", 0, cumulative_wei="1"), r"does not add up"),
    "a wallet swapped": (_wallet_of_mallory, r"accounts\.ndjson .*wallet 0x.* and should say 0x"),
    "a leaf added": (
        lambda bundle: bundle.rows(
            "leaves.ndjson", lambda rows: rows.append({"wallet": "0x" + "f" * 40, "cumulative_wei": "1"})
        ),
        r"leaves\.ndjson does not follow from the record",
    ),
    "a leaf twice": (
        lambda bundle: bundle.rows("leaves.ndjson", lambda rows: rows.append(rows[-1])),
        r"leaves\.ndjson",
    ),
    "a leaf left out": (_drop("leaves.ndjson", -1), r"leaves\.ndjson lacks a line"),
    "waiting credit dropped": (
        lambda bundle: bundle.rows(
            "accounts.ndjson", lambda rows: [row.update(pending_before_wei="0") for row in rows if not row["wallet"]]
        ),
        r"does not add up",
    ),
    "a foreign root": (
        lambda bundle: bundle.set(lambda manifest: manifest["result"].update(root="0x" + "1" * 64)),
        r"root is 0x1+ and should be 0x",
    ),
    "a pool's sum": (
        lambda bundle: bundle.set(lambda manifest: manifest["result"]["pools"]["code"].update(paid_wei="1")),
        r"manifest's pools",
    ),
    "credited": (
        lambda bundle: bundle.set(lambda manifest: _more("credited_wei")(manifest["result"])),
        r"credited_wei is \d+ and should be",
    ),
    "a binding left out": (_drop("bindings.ndjson", 0), r"lacks the binding of account"),
    "a binding changed": (_edit("bindings.ndjson", 0, salt="0" * 64), r"not what entry \d+ commits to"),
    "another log": (
        lambda bundle: bundle.set(lambda manifest: manifest["ledger"].update(root="0" * 64)),
        r"not those of the log",
    ),
    "a stray file": (_stray_file, r"does not name: 'notes\.txt'"),
    "stray bytes": (_stray_bytes, r"rewards\.ndjson"),
    "a file that is not the manifest's": (_unsealed, r"rewards\.ndjson is not the file that the manifest names"),
    "spaces in a line": (
        lambda bundle: bundle.bytes("edges.ndjson", (bundle.folder / "edges.ndjson").read_bytes().replace(b",", b", ")),
        r"line 1 of edges\.ndjson",
    ),
    "a member more": (lambda bundle: bundle.set(lambda manifest: manifest.update(note="x")), r"other members"),
    "another format": (
        lambda bundle: bundle.set(lambda manifest: manifest.update(format="hub-epoch/2")),
        r"hub-epoch/1",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_bundle_is_refused_with_a_sentence(name: str, bundle: Tampered) -> None:
    change, expected = CHANGES[name]
    change(bundle)
    sentence = refusal(bundle.folder)
    assert re.search(expected, sentence, re.IGNORECASE), sentence


def test_another_manifest_hash_is_refused(story: Story) -> None:
    assert "not the one you gave" in refusal(story.second, manifest_hash="0x" + "0" * 64)
    assert recompute(story.second, manifest_hash="0x" + _hash(story.second)).exit_code == 0


def test_a_bundle_that_goes_on_from_another_one_is_refused(story: Story, bundle: Tampered) -> None:
    assert "the folder you gave holds" in refusal(story.second, previous=story.second)
    bundle.set(lambda manifest: manifest["previous"].update(manifest="0" * 64))
    assert "goes on from manifest 000" in refusal(bundle.folder, previous=story.first)


def test_waiting_credit_moved_between_accounts_is_found_with_the_previous_bundle(story: Story, tmp_path: Path) -> None:
    """Both sums stay the same, so only the bundle before shows it."""
    log = first_epoch()
    second_epoch(log)
    before = read_previous(story.first)
    moved = dict(before.pending)
    moved[person("bob")] -= 1
    moved[person("erin")] += 1
    log.write(tmp_path / "5", log.calculate(5, replace(before, pending=moved), cutoff_of(log, 5)))
    assert recompute(tmp_path / "5").exit_code == 0
    assert "not what the previous epoch left" in refusal(tmp_path / "5", previous=story.first)


def test_a_binding_that_the_wallet_did_not_sign_is_refused(tmp_path: Path) -> None:
    log = Log()
    log.set_policy()
    log.grant("henry")
    log.assess(log.own_work("data", "alice"), "henry")
    made = signed("alice")
    text = canonical.encode({**made.__dict__, "wallet": wallet_of("mallory")}).decode()
    log.add("wallet.bound", "acct:" + person("alice"), "alice", {}, {"binding": {"binding": text}})
    log.write(tmp_path / "0", log.calculate(0))
    assert "is not signed by the wallet" in refusal(tmp_path / "0")


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b'{"format":"hub-epoch/1"}', b"[" * 100_000])
def test_nonsense_is_refused_and_never_raised(body: bytes, bundle: Tampered) -> None:
    (bundle.folder / "manifest.json").write_bytes(body)
    assert recompute(bundle.folder).exit_code == 1
    assert recompute(bundle.folder / "nowhere").exit_code == 1


@pytest.mark.parametrize(
    "name", ["entries.ndjson", "gaps.ndjson", "bindings.ndjson", "previous.ndjson", "accounts.ndjson"]
)
@pytest.mark.parametrize("value", [None, -1, "x", [], {}, True, 10**9])
def test_rows_of_any_other_type_are_refused_and_never_raised(name: str, value: Any, bundle: Tampered) -> None:
    def change(rows: list[dict[str, Any]]) -> None:
        for member in rows[0]:
            rows[0][member] = value

    bundle.rows(name, change)
    assert recompute(bundle.folder).exit_code == 1


# --- arithmetic of its own -----------------------------------------------------------------------


@pytest.mark.parametrize("length", [0, 1, 64, 135, 136, 137, 272, 300])
def test_its_keccak_is_keccak(length: int) -> None:
    messages = [hashlib.shake_256(bytes([number])).digest(length) for number in range(5)]
    assert akashi_recompute.keccak_many(messages) == [keccak_256(message).digest() for message in messages]
    assert akashi_recompute.keccak_many([]) == []
    with pytest.raises(ValueError, match="different lengths"):
        akashi_recompute.keccak_many([*messages, b"x" * (length + 136)])


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 8, 9, 100, 3000])
def test_its_tree_is_ours(count: int) -> None:
    leaves = [
        ("0x" + hashlib.sha256(bytes([number % 256, number // 256])).hexdigest()[:40], number)
        for number in range(count)
    ]
    assert akashi_recompute.distribution_root(leaves) == tree.root(tree.build(leaves))


def test_it_recovers_who_signed() -> None:
    for name in ("alice", "bob", "carol"):
        made = signed(name)
        digest = binding_digest(made)
        assert akashi_recompute.binding_digests(made.chain_id, [made.__dict__] * 2) == [digest] * 2
        signature = bytes.fromhex(made.signature[2:])
        assert _address(akashi_recompute.recover_key(digest, signature)) == made.wallet
        assert _address(akashi_recompute.recover_key(digest[::-1], signature)) != made.wallet
        high = (akashi_recompute._N - int.from_bytes(signature[32:64], "big")).to_bytes(32, "big")
        assert akashi_recompute.recover_key(digest, signature[:32] + high + bytes([55 - signature[64]])) is None
        assert akashi_recompute.recover_key(digest, signature[:-1]) is None


def _address(key: bytes | None) -> str:
    return "" if key is None else "0x" + keccak_256(key).digest()[12:].hex()


def _hash(folder: Path) -> str:
    return hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()


def test_its_words_leave_file_names_alone_count_properly_and_say_hub_beside_wei() -> None:
    assert akashi_recompute._sentence("rewards.ndjson is not the file") == "rewards.ndjson is not the file."
    assert akashi_recompute._sentence("the bundle is malformed") == "The bundle is malformed."
    assert [akashi_recompute._count(n, "edge") for n in (0, 1, 2)] == ["0 edges", "1 edge", "2 edges"]
    assert akashi_recompute._both(15 * 10**17) == "1500000000000000000 wei (1.5 HUB)"
    assert akashi_recompute._both(1) == "1 wei (0.000000000000000001 HUB)"
    assert akashi_recompute._both(2 * 10**18) == "2000000000000000000 wei (2 HUB)"
