"""What is deployed, with which arguments, and whether what stands at an address is it."""

import secrets
from dataclasses import asdict

from django.conf import settings
from eth_utils.address import to_checksum_address

from chain import deployment, keys
from chain.artifacts import artifact
from chain.calls import CONTRACT
from chain.client import ChainClient
from chain.deployment import Deployment, Plan
from chain.errors import ChainError, ForeignCode, NotDeployed
from chain.records import TransactionView

GAS_LIMIT = 3_000_000


def plan(origin: str | None) -> Plan | Deployment:
    """What the deployment file says; without one, a new plan is made from the settings and written down first.

    ChainError when the file is about a log of another name.
    """
    found = deployment.read()
    if found is None:
        found = _new_plan(origin or settings.LOG_ORIGIN)
        deployment.write(found)
    wanted = origin or settings.LOG_ORIGIN
    if wanted and wanted != found.origin:
        raise ChainError(f"{settings.DEPLOYMENT_FILE} is about the log {found.origin}, not {wanted}")
    return found


def _new_plan(origin: str) -> Plan:
    if not origin and not settings.CHAIN_EMBEDDED:
        raise ChainError("LOG_ORIGIN must name the log: its contract is bound to that name for good")
    return Plan(
        chain_id=settings.CHAIN_ID,
        origin=origin or f"akashi.local/{secrets.token_hex(4)}",
        deployer=keys.ensure_operator_key(),
        rotation_key=keys.rotation_address(),
        delay=settings.ROTATION_DELAY,
    )


def key_of(planned: Plan) -> str:
    """The outbox key of a plan's deployment; another origin is another contract."""
    return f"deploy:{CONTRACT}:{planned.origin}"


def creation_data(planned: Plan) -> bytes:
    contract = artifact(CONTRACT)
    arguments = (planned.origin_hash, planned.deployer, planned.rotation_key, planned.delay)
    return contract.creation_code + contract.abi.encode_constructor(*arguments)


def completed(planned: Plan, client: ChainClient, sent: TransactionView) -> Deployment:
    """The deployment that a mined transaction made, its code compared."""
    receipt = client.receipt(sent.hash)
    if receipt is None or sent.block_number is None:
        raise ChainError(f"the node does not show the receipt of {sent.hash}")
    address = to_checksum_address(receipt["contractAddress"])
    verify(planned, address, client.code(address))
    return Deployment(**asdict(planned), anchor_address=address, transaction=sent.hash, block=sent.block_number)


def verify(planned: Plan, address: str, code: bytes) -> None:
    """ForeignCode unless the code at an address is our contract, made with the plan's arguments; NotDeployed if there
    is no code. The operator is not compared: the rotation key may have replaced it.
    """
    if not code:
        raise NotDeployed(f"there is no contract at {address} on chain {planned.chain_id}")
    try:
        found = artifact(CONTRACT).immutable_values(code)
    except ForeignCode as error:
        raise ForeignCode(f"at {address} on chain {planned.chain_id} stands foreign code: {error}") from None
    wanted = {
        "origin": planned.origin_hash,
        "rotationKey": bytes.fromhex(planned.rotation_key[2:]).rjust(32, b"\0"),
        "delay": planned.delay.to_bytes(32, "big"),
    }
    for name, value in wanted.items():
        if found[name] != value:
            raise ForeignCode(f"the contract at {address} has another {name} than {settings.DEPLOYMENT_FILE} says")
