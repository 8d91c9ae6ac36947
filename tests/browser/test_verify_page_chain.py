"""The static page and the Python file ask the same node, honest or not, and answer alike."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser

from chain.embedded import call
from ledger import merkle
from tests.browser.page_verifier import Answer, PageVerifier, Question, python_answer, question
from tests.browser.relay import Lie, Relay, truth
from tests.ledger.test_akashi_verify_chain import ANCHORED, LATER, OnChain
from tests.ledger.world import World
from tests.services import Services

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def verifier(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageVerifier]:
    made = PageVerifier(chromium, tmp_path_factory.mktemp("page"))
    yield made
    made.page.close()


@pytest.fixture(scope="module")
def chain(servers: Services) -> OnChain:
    return OnChain(servers.anvil.url)


@pytest.fixture
def node(servers: Services) -> Iterator[Relay]:
    made = Relay(servers.anvil.url)
    yield made
    made.close()


def both(verifier: PageVerifier, asked: Question) -> Answer:
    """What both answer; they answer the same, sentences included."""
    (found,) = verifier.ask([asked])
    assert found == python_answer(asked)
    return found


def keys_of(world: World) -> str:
    return f"{world.signer.key.vkey}\n{world.operator.key.vkey}\n"


def test_the_contract_and_an_honest_node_say_whom_to_trust(verifier: PageVerifier, chain: OnChain, node: Relay) -> None:
    data = chain.world.bundle(anchor=chain.proof).encode()
    found = both(verifier, question(data, rpc=node.url, contract=chain.contract.address))
    assert found.verdict == "verified"
    assert {("chain", True), ("transaction", True)} <= set(found.codes)
    assert both(verifier, question(data, rpc=node.url)).verdict == "consistent"


def test_nothing_but_the_node_that_was_named_is_asked(verifier: PageVerifier, chain: OnChain, node: Relay) -> None:
    verifier.asked.clear()
    verifier.ask([question(chain.world.bundle(anchor=chain.proof).encode(), rpc=node.url)])
    assert set(verifier.asked) == {node.url}
    verifier.asked.clear()
    verifier.ask([question(chain.world.bundle(anchor=chain.proof).encode(), contract=chain.contract.address)])
    assert verifier.asked == []


def test_a_checkpoint_alone_is_compared_with_the_head_on_the_chain(
    verifier: PageVerifier, chain: OnChain, node: Relay
) -> None:
    world, fork = chain.world, World(chain.world.operator)
    for number in range(LATER):
        fork.add("reference.moved", {"number": 100 + number})
    given = {"log_key": keys_of(world), "contract": chain.contract.address}
    same = both(verifier, question(world.checkpoint(ANCHORED).encode(), rpc=node.url, **given))
    assert same.verdict == "verified"
    assert any("where it has the same root" in text for _, _, text in same.checks)
    later = both(verifier, question(world.checkpoint().encode(), rpc=node.url, **given))
    assert any("a size whose root is not proved here" in text for _, _, text in later.checks)
    forked = both(verifier, question(fork.checkpoint(ANCHORED).encode(), rpc=node.url, **given))
    assert (forked.verdict, forked.codes[-1]) == ("refused", ("chain", False))
    assert "is of another history" in forked.checks[-1][2]


def test_what_does_not_stand_on_the_chain_is_refused(verifier: PageVerifier, chain: OnChain, node: Relay) -> None:
    earlier = merkle.consistency_proof(chain.world.read(LATER), 3, LATER)
    wrong = [
        replace(chain.proof, transaction=bytes(32)),
        replace(chain.proof, block=chain.proof.block - 1),
        replace(chain.proof, block=2**40),
        replace(chain.proof, block_hash=bytes(32)),
        replace(chain.proof, size=3, root=chain.world.root(3), proof=earlier),
        replace(chain.proof, size=LATER, root=chain.world.root(), proof=[]),
    ]
    for each in wrong:
        data = chain.world.bundle(anchor=each).encode()
        found = both(verifier, question(data, rpc=node.url, log_key=chain.world.signer.key.vkey))
        assert found.verdict == "refused", each


def test_contracts_operators_and_chains_of_others_are_refused(
    verifier: PageVerifier, chain: OnChain, node: Relay
) -> None:
    mine = chain.world.operator
    others = [
        replace(mine, origin="another.example"),
        replace(mine, contract=bytes(19) + b"\x77"),
        replace(mine, secret=bytes([9]) * 32),
        replace(mine, chain_id=1),
    ]
    for other in others:
        world = World(other)
        world.add("reference.moved", {})
        given = {"contract": chain.contract.address}
        assert both(verifier, question(world.bundle().encode(), rpc=node.url, **given)).verdict == "refused", other


# --- nodes that lie ------------------------------------------------------------------------------
def instead(method: str, change: Callable[[Any], Any]) -> Lie:
    """A node that answers one method otherwise."""
    return lambda asked, _params, result: change(result) if asked == method else result


def of_calls(place: int, value: str) -> Callable[[], Lie]:
    """A node that answers the nth call of the contract otherwise."""

    def made() -> Lie:
        seen: list[str] = []

        def lie(method: str, _params: list[Any], result: Any) -> Any:
            if method != "eth_call":
                return result
            seen.append(method)
            return value if len(seen) == place else result

        return lie

    return made


WORD = 64 * "0"
LIES: dict[str, tuple[str, Callable[[], Lie]]] = {
    "another chain": ("refused", lambda: instead("eth_chainId", lambda _: "0x1")),
    "a contract of others": ("refused", of_calls(1, "0x" + 64 * "1")),
    "no contract": ("refused", of_calls(1, "0x")),
    "an unknown operator": ("refused", of_calls(2, "0x" + WORD)),
    "a smaller head": ("refused", of_calls(3, "0x" + WORD[:-1] + "1" + WORD + WORD)),
    "another root": ("refused", of_calls(3, "0x" + WORD[:-1] + str(ANCHORED) + 64 * "1" + WORD)),
    "no receipt": ("refused", lambda: instead("eth_getTransactionReceipt", lambda _: None)),
    "a failed one": ("refused", lambda: instead("eth_getTransactionReceipt", lambda it: {**it, "status": "0x0"})),
    "another block": ("refused", lambda: instead("eth_getTransactionReceipt", lambda it: {**it, "blockNumber": "0x1"})),
    "no events": ("refused", lambda: instead("eth_getTransactionReceipt", lambda it: {**it, "logs": []})),
    "no block": ("refused", lambda: instead("eth_getBlockByNumber", lambda _: None)),
    "another block's hash": (
        "refused",
        lambda: instead("eth_getBlockByNumber", lambda it: {**it, "hash": "0x" + WORD}),
    ),
    "words for a number": ("unchecked", lambda: instead("eth_chainId", lambda _: "many")),
    "nothing for a number": ("unchecked", lambda: instead("eth_blockNumber", lambda _: None)),
    "a list for a receipt": ("unchecked", lambda: instead("eth_getTransactionReceipt", lambda _: ["x"])),
    "a block without a hash": ("unchecked", lambda: instead("eth_getBlockByNumber", lambda _: {"number": "0x1"})),
    "events of another form": (
        "unchecked",
        lambda: instead("eth_getTransactionReceipt", lambda it: {**it, "logs": [{"address": 7}]}),
    ),
    "no hex": ("unchecked", of_calls(1, "0xzz")),
}


@pytest.mark.parametrize("name", LIES)
def test_a_node_that_contradicts_the_bundle_is_never_the_reason_to_verify(
    verifier: PageVerifier, chain: OnChain, node: Relay, name: str
) -> None:
    verdict, lie = LIES[name]
    data = chain.world.bundle(anchor=chain.proof).encode()
    asked = question(data, rpc=node.url, log_key=chain.world.signer.key.vkey, contract=chain.contract.address)
    node.lie = lie()
    (page,) = verifier.ask([asked])
    node.lie = lie()
    file = python_answer(asked)
    assert (page.verdict, page.codes) == (file.verdict, file.codes)
    assert page.verdict == verdict


def test_a_node_that_refuses_or_is_silent_leaves_it_unchecked(
    verifier: PageVerifier, chain: OnChain, node: Relay, servers: Services
) -> None:
    data = chain.world.bundle(anchor=chain.proof).encode()
    key = chain.world.signer.key.vkey
    node.lie = truth
    silent = "http://127.0.0.1:1/"
    # anvil itself lets no page ask.
    for url in (silent, servers.anvil.url):
        (found,) = verifier.ask([question(data, rpc=url, log_key=key)])
        assert (found.verdict, found.codes[-1]) == ("unchecked", ("chain", None))
        assert "could not be asked" in found.checks[-1][2]
    (found,) = verifier.ask([question(data, rpc="ftp://example.org", log_key=key)])
    assert found.verdict == "unchecked"
    assert python_answer(question(data, rpc=silent, log_key=key)).verdict == "unchecked"


def test_an_operator_who_contradicted_himself_is_told_by_both(
    verifier: PageVerifier, chain: OnChain, node: Relay
) -> None:
    node.lie = of_calls(4, "0x" + WORD[:-1] + "1")()
    data = chain.world.bundle(anchor=chain.proof).encode()
    (found,) = verifier.ask([question(data, rpc=node.url, log_key=chain.world.signer.key.vkey)])
    assert ("equivocated", None) in found.codes
    assert int(call(chain.url, "eth_chainId"), 16) == chain.world.operator.chain_id
