"""How EpochDistributor and its token come to the chain, and whether what stands at an address is them."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import datetime

from django.conf import settings
from eth_utils.address import is_address, to_checksum_address
from eth_utils.crypto import keccak

from chain import deployment, keys
from chain.artifacts import artifact
from chain.client import ChainClient
from chain.deployment import Deployment, DistributionDeployment, DistributionPlan
from chain.errors import BadKey, ChainError, ForeignCode, NotDeployed
from chain.records import TransactionView

CONTRACT, TOKEN = "EpochDistributor", "HubToken"
GAS_LIMIT = 6_000_000
WEI = 10**18
MAX_WINDOW = 30 * 24 * 3600


# --- planning ------------------------------------------------------------------------------------
def plan(first_policy: bytes, now: datetime) -> DistributionPlan:
    """What the deployment file says; without a plan there, a new one from the settings, written down first.

    A plan, once written, stays: a chain that lost its blocks gets the same bytes again, and so the same addresses.
    """

    def planned(here: Deployment) -> Deployment:
        if here.distribution_plan is not None:
            return here
        return replace(here, distribution_plan=_new_plan(here, first_policy, now))

    found = deployment.change(planned).distribution_plan
    assert found is not None, "it was written or was there"
    return found


def _new_plan(here: Deployment, first_policy: bytes, now: datetime) -> DistributionPlan:
    if len(first_policy) != 32 or not any(first_policy):
        raise ChainError("the first policy is a hash of 32 bytes")
    planned = DistributionPlan(
        genesis=int(now.timestamp()),
        epoch_seconds=settings.EPOCH_SECONDS,
        window_seconds=settings.WINDOW_SECONDS,
        first_budget_wei=settings.FIRST_BUDGET * WEI,
        halving_seconds=settings.HALVING_SECONDS,
        bond=settings.CHALLENGE_BOND,
        role_delay=here.delay,
        proposer=keys.operator_address(),
        guardian=_holder("GUARDIAN_ADDRESS", here),
        council=_holder("COUNCIL_ADDRESS", here),
        first_policy="0x" + first_policy.hex(),
    )
    for wrong in _complaints(planned):
        raise ChainError(wrong)
    return planned


def _complaints(planned: DistributionPlan) -> Iterator[str]:
    """What the contract would refuse, said before the plan is written down for good."""
    if planned.window_seconds > MAX_WINDOW:
        yield f"WINDOW_SECONDS is at most {MAX_WINDOW}"
    if planned.halving_seconds < planned.epoch_seconds:
        yield "HALVING_SECONDS must not be shorter than EPOCH_SECONDS"
    if 2 * planned.first_budget_wei * (planned.halving_seconds // planned.epoch_seconds + 1) >> 112:
        yield "FIRST_BUDGET is too large for so many epochs"
    if planned.bond >> 80:
        yield "CHALLENGE_BOND is too large"
    if planned.proposer in {planned.guardian, planned.council}:
        yield "GUARDIAN_ADDRESS and COUNCIL_ADDRESS must not be the operator's"


def _holder(setting: str, here: Deployment) -> str:
    """The address that a setting names; on the embedded chain the rotation key's if it names none."""
    named: str = getattr(settings, setting)
    if named:
        if not is_address(named):
            raise BadKey(f"{setting} is not an address: {named}")
        return to_checksum_address(named)
    if not settings.CHAIN_EMBEDDED:
        raise BadKey(f"{setting} must name who holds that power; keep the key off this machine")
    return here.rotation_key


# --- deploying -----------------------------------------------------------------------------------
def key_of(origin: str) -> str:
    """The outbox key of the deployment that belongs to a log."""
    return f"deploy:{CONTRACT}:{origin}"


def creation_data(planned: DistributionPlan) -> bytes:
    """The contract makes its own token, so one transaction brings both."""
    contract = artifact(CONTRACT)
    schedule = (planned.genesis, planned.epoch_seconds, planned.halving_seconds, planned.first_budget_wei)
    arguments = (
        schedule,
        planned.window_seconds,
        planned.role_delay,
        planned.bond,
        planned.proposer,
        planned.guardian,
        planned.council,
        bytes.fromhex(planned.first_policy[2:]),
    )
    return contract.creation_code + contract.abi.encode_constructor(*arguments)


def completed(planned: DistributionPlan, client: ChainClient, sent: TransactionView) -> DistributionDeployment:
    """The deployment that a mined transaction made, the code of both contracts compared."""
    receipt = client.receipt(sent.hash)
    if receipt is None or sent.block_number is None:
        raise ChainError(f"the node does not show the receipt of {sent.hash}")
    address = to_checksum_address(receipt["contractAddress"])
    found = DistributionDeployment(
        **asdict(planned),
        distributor_address=address,
        token_address=token_address(address),
        transaction=sent.hash,
        block=sent.block_number,
    )
    verify(found, client)
    return found


def token_address(distributor: str) -> str:
    """Where the token stands that a distributor made: the first contract of an account's, at nonce 1."""
    # RLP of the list [address, 1].
    return to_checksum_address(keccak(b"\xd6\x94" + bytes.fromhex(distributor[2:]) + b"\x01")[12:])


# --- comparing -----------------------------------------------------------------------------------
def verify(found: DistributionDeployment, client: ChainClient) -> None:
    """ForeignCode unless the code at both addresses is that of our contracts, made with the plan's arguments;
    NotDeployed where there is no code. Proposer and guardian are not compared: the council may have replaced them.
    """
    _compare(client, CONTRACT, found.distributor_address, {
        "token": _word(found.token_address),
        "genesis": _word(found.genesis),
        "epochSeconds": _word(found.epoch_seconds),
        "window": _word(found.window_seconds),
        "roleDelay": _word(found.role_delay),
        "firstBond": _word(found.bond),
        "council": _word(found.council),
    })  # fmt: skip
    _compare(client, TOKEN, found.token_address, {
        "distributor": _word(found.distributor_address),
        "genesis": _word(found.genesis),
        "epochSeconds": _word(found.epoch_seconds),
        "halvingSeconds": _word(found.halving_seconds),
        "firstBudget": _word(found.first_budget_wei),
    })  # fmt: skip


def _compare(client: ChainClient, contract: str, address: str, wanted: dict[str, bytes]) -> None:
    code = client.code(address)
    if not code:
        raise NotDeployed(f"there is no {contract} at {address} on chain {client.chain_id}")
    try:
        found = artifact(contract).immutable_values(code)
    except ForeignCode as error:
        raise ForeignCode(f"at {address} on chain {client.chain_id} stands foreign code: {error}") from None
    for name, value in wanted.items():
        if found[name] != value:
            raise ForeignCode(f"the {contract} at {address} has another {name} than {settings.DEPLOYMENT_FILE} says")


def _word(value: int | str) -> bytes:
    number = int(value, 16) if isinstance(value, str) else value
    return number.to_bytes(32, "big")
