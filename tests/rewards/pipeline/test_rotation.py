"""The operator's key is replaced: announced by the cold key, applied after the delay, and nothing that was signed is lost."""

import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from chain import calls, deployment, distribution, keys, rotating, selectors
from chain import services as chain_services
from chain.errors import BadKey
from chain.models import ChainTransaction
from ledger import auditing, proofs
from ledger import selectors as log
from ledger.akashi_verify import http_rpc, verify_bundle
from tests.rewards.pipeline.conftest import Hub

DELAY = 2 * 24 * 3600


def run(*options: str) -> str:
    out = io.StringIO()
    call_command("rotate_operator", *options, stdout=out)
    return out.getvalue()


def waits(*options: str) -> str:
    """What the command says that has more to do."""
    out = io.StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("rotate_operator", *options, stdout=out)
    assert caught.value.returncode == 2, str(caught.value)
    return out.getvalue()


def bundle_verdict(hub: Hub, index: int) -> str:
    assert hub.ledger.node is not None
    text = proofs.bundle([log.entry_by_index(index)])
    rpc = http_rpc(hub.ledger.node.url)
    return verify_bundle(text.encode(), log_key=hub.ledger.log.verifier_key, rpc=rpc).verdict


def test_a_hub_goes_on_with_a_new_key_and_its_past_stays_signed(hub: Hub, client: Client) -> None:
    hub.assessed_work("alice")
    hub.bind("alice")
    hub.anchor()
    old, past = selectors.operator_address(), log.latest_checkpoint()
    assert past is not None
    said = waits("--begin")
    new = keys.next_address()
    assert new is not None
    assert said.count(f"{new} was announced") == 2
    assert "may take over from" in waits()
    hub.wait(DELAY // 2)
    assert "may take over from" in waits()
    assert calls.read_operator() == old.lower()
    hub.anchor()
    hub.wait(DELAY // 2 + 60)
    said = run()
    assert f"the hub signs as {new}" in said
    assert (calls.read_operator(), distribution.powers().proposer) == (new.lower(), new)
    assert selectors.operator_address() == keys.operator_key().address == new
    assert selectors.deployment().retired == (old,)
    # The past, by whoever looks: the hub's own audit, its pages, the keys it names, the verifier.
    run_of_audit = auditing.audit_full(hub.now)
    assert run_of_audit is not None
    assert (run_of_audit.mismatches, run_of_audit.chain_checked) == (0, True)
    assert proofs.checkpoint_signers(past.size).valid
    assert bundle_verdict(hub, 0) == "verified"
    assert len(client.get("/log/key").content.decode().splitlines()) == 3
    # The future: heads, anchors and rewards under the new key.
    epoch = hub.distribute()
    assert epoch.state == "finalized"
    newest = log.latest_checkpoint()
    assert newest is not None
    assert newest.size > past.size
    assert proofs.checkpoint_signers(newest.size).valid
    assert bundle_verdict(hub, newest.size - 1) == "verified"
    assert ChainTransaction.objects.filter(sender=new, key__startswith="anchor:", state="final").exists()
    call_command("verify_log", stdout=io.StringIO())
    with pytest.raises(CommandError, match="No rotation is under way"):
        run()
    # A deployment file from a backup that is older than the rotation: the next start asks the chain who there was.
    deployment.change(lambda here: replace(here, retired=()))
    assert not proofs.checkpoint_signers(past.size).valid
    chain_services.deploy_contracts(now=hub.now)
    assert proofs.checkpoint_signers(past.size).valid


def test_a_cold_key_elsewhere_is_told_what_to_send(hub: Hub, settings: Settings) -> None:
    folder = settings.OPERATOR_KEYSTORE.parent
    for name in ("rotation.json", "rotation.password"):
        (folder / name).rename(folder / f"elsewhere-{name}")
    here = selectors.deployment()
    said = waits("--begin")
    new = keys.next_address()
    assert new is not None
    assert f'cast send {here.anchor_address} "announceOperator(address)" {new} --from {here.rotation_key}' in said
    assert f'"announceRole(uint8,address)" 0 {new}' in said
    assert calls.announced_operator() is None
    data = calls.announce_operator_calldata(new).hex()
    assert data in said
    hub.ledger.rpc("anvil_impersonateAccount", here.rotation_key)
    hub.ledger.rpc("anvil_setBalance", here.rotation_key, hex(10**20))
    for to, call in (
        (here.anchor_address, data),
        (hub.distributor, distribution.announce_role_calldata("proposer", new).hex()),
    ):
        hub.ledger.rpc(
            "eth_sendTransaction", {"from": here.rotation_key, "to": to, "data": "0x" + call, "gas": hex(200_000)}
        )
    hub.ledger.rpc("evm_mine")
    assert "cast" not in waits()
    hub.wait(DELAY + 60)
    assert f"The operator is {new}" in run()


def test_what_is_announced_can_be_withdrawn(hub: Hub) -> None:
    old = selectors.operator_address()
    waits("--begin")
    assert calls.announced_operator() is not None
    run("--cancel")
    assert (calls.announced_operator(), distribution.powers().next_proposer) == (None, None)
    assert (keys.next_address(), selectors.operator_address()) == (None, old)
    with pytest.raises(CommandError, match="No rotation is under way"):
        run()


@pytest.mark.parametrize("seat", ["operator", "proposer"])
def test_a_key_that_took_over_is_not_deleted_by_a_late_cancel(hub: Hub, seat: str) -> None:
    """Anybody may apply what is due, so a seat can be given while the operator thinks of withdrawing."""
    waits("--begin")
    hub.wait(DELAY + 60)
    anybody = "0x" + "12" * 20
    hub.act(anybody, "applyRole", 0)
    if seat == "operator":
        request = {"from": anybody, "to": selectors.deployment().anchor_address}
        hub.ledger.rpc("eth_sendTransaction", {**request, "data": "0x" + calls.apply_operator_calldata().hex()})
        hub.ledger.rpc("evm_mine")
    new = keys.next_address()
    with pytest.raises(CommandError, match="took over already"):
        run("--cancel")
    assert keys.next_address() == new
    assert f"the hub signs as {new}" in run()


def test_what_the_old_key_sent_comes_first(hub: Hub) -> None:
    waits("--begin")
    hub.wait(DELAY + 60)
    old, anybody = selectors.operator_address(), "0x" + "12" * 20
    hub.act(anybody, "applyRole", 0)
    request = {"from": anybody, "to": selectors.deployment().anchor_address}
    hub.ledger.rpc("eth_sendTransaction", {**request, "data": "0x" + calls.apply_operator_calldata().hex()})
    hub.ledger.rpc("evm_mine")
    row = ChainTransaction.objects.filter(sender=old).order_by("-nonce")[0]
    assert row.nonce is not None
    stuck = ChainTransaction.objects.create(
        key="stuck", chain_id=row.chain_id, sender=old, to=old, data=b"", gas_limit=21_000, nonce=row.nonce + 1,
        state="signed", created=datetime.now(UTC),
    )  # fmt: skip
    assert "they come first" in waits()
    assert selectors.operator_address() == old
    stuck.delete()
    run()
    assert selectors.operator_address() != old


def test_a_switch_that_was_cut_off_between_its_renames_is_finished(hub: Hub, settings: Settings) -> None:
    waits("--begin")
    hub.wait(DELAY + 60)
    new = keys.next_address()
    rename = keys._rename

    def cut_off(source: object, target: object) -> None:
        rename(source, target)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    keys._rename = cut_off
    try:
        with pytest.raises(KeyboardInterrupt):
            run()
    finally:
        keys._rename = rename
    with pytest.raises(BadKey):
        keys.operator_key()
    run("--cancel")  # too late, and harmless: the new key is the operator's
    assert keys.operator_key().address == new
    hub.anchor()


def test_a_key_elsewhere_has_to_be_named_and_set(hub: Hub, settings: Settings) -> None:
    with pytest.raises(CommandError, match="is no address"):
        run("--to", "kms")
    target = "0x" + "ab" * 20
    waits("--to", target)
    hub.wait(DELAY + 60)
    said = waits("--to", target)
    assert "set OPERATOR_SIGNER=command" in said
    assert len(selectors.deployment().retired) == 1
    settings.OPERATOR_SIGNER, settings.OPERATOR_ADDRESS, settings.OPERATOR_COMMAND = "command", target, "true"
    assert "The operator is" in run("--to", target)
    with pytest.raises(BadKey, match="--to"):
        rotating.rotate(hub.now)


def test_an_old_deployment_file_names_no_retired_operators(hub: Hub) -> None:
    assert deployment.current().retired == ()
