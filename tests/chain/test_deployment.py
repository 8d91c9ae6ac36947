"""The contract comes to the chain once, is recognised there, and nothing else passes for it."""

import json

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from chain import calls, deploying, selectors, services
from chain.artifacts import artifact
from chain.client import ChainClient
from chain.errors import BadKey, ChainError, ForeignCode, NotDeployed, WrongChain
from chain.models import ChainTransaction
from tests.chain.conftest import CHAIN_ID, ORIGIN, TREE, Hub


def test_deploying_twice_deploys_once(hub: Hub) -> None:
    first = hub.deploy()
    height = hub.height()
    assert hub.deploy() == first
    assert hub.height() == height
    assert ChainTransaction.objects.filter(key__startswith="deploy:").count() == 1


def test_the_deployment_names_chain_contract_deployer_and_log(hub: Hub) -> None:
    found = hub.deploy()
    assert (found.chain_id, found.origin) == (CHAIN_ID, ORIGIN)
    assert found.deployer == selectors.operator_address()
    assert calls.read_operator() == found.deployer.lower()
    assert ChainClient.from_settings().code(found.anchor_address) != b""
    assert selectors.deployment() == found


def test_before_the_deployment_there_is_none(hub: Hub) -> None:
    with pytest.raises(NotDeployed):
        selectors.deployment()
    with pytest.raises(NotDeployed):
        calls.read_head()


def test_a_crash_before_the_deployment_was_written_down_does_not_deploy_a_second_one(
    hub: Hub, settings: Settings
) -> None:
    first = hub.deploy()
    content = json.loads(settings.DEPLOYMENT_FILE.read_text())
    for name in ("anchor_address", "transaction", "block"):
        del content[name]
    settings.DEPLOYMENT_FILE.write_text(json.dumps(content))
    assert hub.deploy().anchor_address == first.anchor_address


def test_without_a_name_the_embedded_chain_gets_a_local_one_that_stays(hub: Hub) -> None:
    first = services.deploy_contracts(now=hub.now)
    assert first.origin.startswith("akashi.local/")
    assert services.deploy_contracts(now=hub.now) == first


def test_a_public_chain_needs_the_logs_name_and_a_cold_key(hub: Hub, settings: Settings) -> None:
    settings.CHAIN_EMBEDDED = False
    with pytest.raises(ChainError, match="LOG_ORIGIN"):
        services.deploy_contracts(now=hub.now)
    with pytest.raises(BadKey, match="ROTATION_ADDRESS"):
        services.deploy_contracts(now=hub.now, origin=ORIGIN)


def test_another_log_does_not_get_this_logs_contract(deployed: Hub) -> None:
    with pytest.raises(ChainError, match=r"not another\.test/log"):
        services.deploy_contracts(now=deployed.now, origin="another.test/log")


def test_a_node_of_another_chain_is_refused_before_anything_is_sent(deployed: Hub, settings: Settings) -> None:
    key = deployed.enqueue_anchor(7)
    settings.CHAIN_ID = 1
    client = ChainClient(settings.CHAIN_RPC_URLS, 1)
    with pytest.raises(WrongChain, match="serves chain 31337; this hub is set to chain 1"):
        client.send(b"anything")
    with pytest.raises(WrongChain):
        services.advance(deployed.now)
    assert selectors.recent_events()[0].kind == "wrong_chain"
    with pytest.raises(WrongChain, match="is about chain 31337"):
        selectors.deployment()
    assert deployed.row(key).state == ChainTransaction.State.QUEUED


def test_foreign_code_at_the_contracts_address_is_refused(deployed: Hub) -> None:
    deployed.rpc("anvil_setCode", selectors.deployment().anchor_address, "0x600160005260206000f3")
    with pytest.raises(ForeignCode, match="stands foreign code"):
        deployed.deploy()


def test_our_contract_made_for_another_log_is_refused(deployed: Hub) -> None:
    address = selectors.deployment().anchor_address
    code = bytearray(ChainClient.from_settings().code(address))
    for start, size in artifact(calls.CONTRACT).immutables["origin"]:
        code[start : start + size] = bytes(size)
    deployed.rpc("anvil_setCode", address, "0x" + code.hex())
    with pytest.raises(ForeignCode, match="another origin"):
        deployed.deploy()


def test_a_missing_contract_that_no_transaction_would_bring_back_is_said(deployed: Hub) -> None:
    deployed.rpc("anvil_setCode", selectors.deployment().anchor_address, "0x")
    ChainTransaction.objects.get(key__startswith="deploy:").attempts.all().delete()
    with pytest.raises(NotDeployed, match="Restore the database"):
        deployed.deploy()


def test_a_failed_deployment_can_be_tried_again(hub: Hub) -> None:
    deploying.plan(ORIGIN)
    key = f"deploy:CheckpointAnchor:{ORIGIN}"
    services.enqueue(key=key, to="", data=b"\xfe", gas_limit=100_000, now=hub.now)
    hub.advance()
    assert hub.row(key).state == ChainTransaction.State.FAILED
    assert hub.deploy().anchor_address
    assert hub.row(f"{key}:2").state == ChainTransaction.State.MINED


def test_the_command_says_where_the_contracts_stand(hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("deploy_contracts", origin=ORIGIN)
    here, out = selectors.deployment(), capsys.readouterr().out
    assert here.distribution is not None
    for address in (here.anchor_address, here.distribution.distributor_address, here.distribution.token_address):
        assert address in out


def test_the_command_says_in_words_why_it_failed(deployed: Hub) -> None:
    deployed.rpc("anvil_setCode", selectors.deployment().anchor_address, "0x00")
    with pytest.raises(CommandError, match="foreign code"):
        call_command("deploy_contracts")


def test_the_anchored_root_is_found_by_size(deployed: Hub) -> None:
    deployed.enqueue_anchor(7)
    deployed.enqueue_anchor(20, 7)
    deployed.advance()
    assert calls.anchored_root(7) == TREE.root(7)
    assert calls.anchored_root(20) == TREE.root(20)
    assert calls.anchored_root(8) is None
    assert [(event.size, event.previous_size) for event in calls.anchored_events(0)] == [(7, 0), (20, 7)]
    assert calls.is_beginning(7, TREE.root(7), TREE.proof(7, 20))
    assert not calls.is_beginning(8, TREE.root(7), TREE.proof(8, 20))


def test_the_facts_of_the_chain_are_read_from_the_node(deployed: Hub) -> None:
    deployed.enqueue_anchor(7)
    for _ in range(2):
        deployed.advance()
    facts = selectors.chain_facts()
    assert (facts.chain_id, facts.block_number) == (CHAIN_ID, deployed.height())
    assert facts.waiting == 1, "the anchor is in a block that is not deep enough yet"
    assert facts.head.size == 7
    assert facts.balance > 0
