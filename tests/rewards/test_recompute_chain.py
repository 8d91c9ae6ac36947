"""What the second program asks a chain: whether it holds this very distribution, its sums among it, and the log's head."""

import json
from typing import Any

import pytest
from sha3 import keccak_256

from rewards import akashi_recompute
from rewards.akashi_recompute import recompute
from tests.rewards.log_builder import TERMS
from tests.rewards.story import Story
from tests.rewards.test_recompute import _hash, refusal, story

__all__ = ["story"]
ANCHORED = "Anchored(uint64,bytes32,uint64)"
FINALIZED = "Finalized(uint48,bytes32,bytes32,uint112,uint112,uint112)"


class Node:
    """A node that answers reads of the distributor and the anchor from a table.

    A block comes every 12 seconds, `blocks` of them; an event stands in the block of `places`. Like public nodes it answers
    about 2,000 blocks at once and no more.
    """

    def __init__(self, manifest: dict[str, Any], hash: str, *, final: bool = True, later: bool = False) -> None:
        schedule, number, result = manifest["schedule"], manifest["epoch"], manifest["result"]
        root, credited, total = (
            int(result["root"], 16),
            *(int(result[name]) for name in ("credited_wei", "total_wei")),
        )
        proposal = [1, number, 0, credited, total, root, int(hash, 16), 0, 0]
        state = [number + 2, credited + 5, total + 5] if later else [number + 1, credited, total]
        self.words: dict[str, list[int]] = {
            "rootOf(uint48)": [root if final else 0],
            "manifestOf(uint48)": [int(hash, 16) if final else 0],
            "pending()": [0] * 9 if final else proposal,
            "state()": [*state, *[0] * 12],
            "genesis()": [schedule["genesis"]],
            "epochSeconds()": [schedule["epoch_seconds"]],
            "halvingSeconds()": [schedule["halving_seconds"]],
            "firstBudget()": [int(schedule["first_budget_wei"])],
            "token()": [int(manifest["token"], 16)],
            "policyAt(uint48)": [int(manifest["policy_hash"], 16)],
            "rootAt(uint64)": [0],
            ANCHORED: [int(manifest["ledger"]["root"], 16), 0],
            FINALIZED: [int(hash, 16), credited, total, 0],
        }
        self.topics = {
            ANCHORED: [manifest["ledger"]["size"]],
            FINALIZED: [number, root],
        }
        self.chain, self.blocks = manifest["chain_id"], 40_000
        self.begins = schedule["genesis"] + (number + 1) * schedule["epoch_seconds"] - 12 * 20_000
        self.places = {ANCHORED: 19_000, FINALIZED: 25_000}
        self.asked: list[str] = []

    def __call__(self, method: str, parameters: list[Any]) -> Any:
        self.asked.append(method)
        if method == "eth_chainId":
            return hex(self.chain)
        if method == "eth_blockNumber":
            return hex(self.blocks - 1)
        if method == "eth_getBlockByNumber":
            return {"timestamp": hex(max(0, self.begins + 12 * int(parameters[0], 16)))}
        if method == "eth_getLogs":
            return self.logs(parameters[0])
        called = parameters[0]["data"][2:10]
        found = next(words for name, words in self.words.items() if keccak_256(name.encode()).hexdigest()[:8] == called)
        return "0x" + "".join(f"{word:064x}" for word in found)

    def logs(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        first, last = (int(asked[name], 16) for name in ("fromBlock", "toBlock"))
        if last - first >= 2_000:
            raise akashi_recompute.Unanswered("too many blocks at once")
        found = []
        for name, values in self.topics.items():
            topics = ["0x" + keccak_256(name.encode()).hexdigest(), *(f"0x{value:064x}" for value in values)]
            if topics == asked["topics"] and first <= self.places[name] <= last:
                data = "".join(f"{word:064x}" for word in self.words[name])
                found.append({"topics": topics, "data": "0x" + data})
        return found


# Which answers decide while a proposal waits, while it is the newest final distribution, and when a later one is final.
DECIDES = {
    "waits": {"pending()", "manifestOf(uint48)"},
    "newest": {"rootOf(uint48)", "manifestOf(uint48)"},
    "older": {"rootOf(uint48)", "manifestOf(uint48)", FINALIZED},
}


@pytest.mark.parametrize("state", DECIDES)
def test_the_chain_is_asked_for_manifest_root_sums_terms_and_anchor(story: Story, state: str) -> None:
    manifest = json.loads((story.second / "manifest.json").read_bytes())
    made = {"final": state != "waits", "later": state == "older"}
    node = Node(manifest, _hash(story.second), **made)
    report = recompute(story.second, rpc=node, distributor=TERMS.distributor.upper().replace("0X", "0x"))
    assert report.verdict == "recomputed", report.checks
    assert ("not final yet" in report.checks[-1].text) is (state == "waits")
    always = {
        "genesis()",
        "epochSeconds()",
        "halvingSeconds()",
        "firstBudget()",
        "token()",
        "policyAt(uint48)",
        ANCHORED,
    }
    for name in always | DECIDES[state]:
        lying = Node(manifest, _hash(story.second), **made)
        lying.words[name] = [word ^ 1 for word in lying.words[name]]
        assert refusal(story.second, rpc=lying), name
    node.chain = 1
    assert "chain_id" in refusal(story.second, rpc=node)
    assert "distributor" in refusal(story.second, rpc=node, distributor="0x" + "0" * 40)


@pytest.mark.parametrize("place", [1, 2])
@pytest.mark.parametrize(
    ("state", "name", "first"), [("newest", "state()", 1), ("older", FINALIZED, 1), ("waits", "pending()", 3)]
)
def test_other_sums_on_the_chain_are_refused(story: Story, state: str, name: str, first: int, place: int) -> None:
    manifest = json.loads((story.second / "manifest.json").read_bytes())
    node = Node(manifest, _hash(story.second), final=state != "waits", later=state == "older")
    node.words[name][first + place - 1] += 1
    assert "with other sums" in refusal(story.second, rpc=node)


def test_a_head_that_the_contract_still_knows_needs_no_events(story: Story) -> None:
    manifest = json.loads((story.second / "manifest.json").read_bytes())
    node = Node(manifest, _hash(story.second))
    node.words["rootAt(uint64)"] = node.words[ANCHORED][:1]
    assert recompute(story.second, rpc=node).verdict == "recomputed"
    assert "eth_getLogs" not in node.asked


@pytest.mark.parametrize("block", [0, 1, 17_999, 18_000, 19_999, 20_000, 21_999, 22_000, 39_999])
def test_an_event_is_found_in_any_block(story: Story, block: int) -> None:
    manifest = json.loads((story.second / "manifest.json").read_bytes())
    node = Node(manifest, _hash(story.second))
    node.places[ANCHORED] = block
    assert recompute(story.second, rpc=node).verdict == "recomputed"
    assert node.asked.count("eth_getLogs") <= 2 + 2 * abs(block - 20_000) // 2_000


@pytest.mark.parametrize("begins", [-(10**9), 10**9])
def test_an_event_is_found_whatever_the_clocks_of_the_blocks_say(story: Story, begins: int) -> None:
    manifest = json.loads((story.second / "manifest.json").read_bytes())
    node = Node(manifest, _hash(story.second))
    node.begins += begins
    assert recompute(story.second, rpc=node).verdict == "recomputed"


def test_a_node_that_cannot_be_asked_ends_with_3(story: Story) -> None:
    report = recompute(story.first, rpc=akashi_recompute.http_rpc("http://127.0.0.1:9", 1))
    assert (report.verdict, report.exit_code) == ("unchecked", 3)
