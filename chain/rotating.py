"""Replaces the operator's key: announced by a cold key, applied after a public delay, then switched to. Safe to repeat.

The operator holds two seats: it anchors, and it proposes distributions. Each is given away by somebody else: the rotation
key and the council. A rotation looks where it stands and takes the steps that can be taken now: it makes the new key, sends
what a key that lies here may send (on the embedded chain only), applies what is due, and switches when both seats are given
and nothing of the old key is on its way. Until then the old key signs; what it signed stays signed.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from django.conf import settings
from eth_utils.address import is_address, to_checksum_address

from chain import calls, deployment, distribution, keys, mining, services
from chain.client import ChainClient
from chain.errors import BadKey, ChainError, NodeRefused
from chain.models import ChainTransaction
from chain.transactions import SigningKey

State = ChainTransaction.State
_GAS = 200_000


@dataclass(frozen=True)
class Seat:
    """A place of the operator in a contract: who holds it, who is announced and when, and who announces."""

    name: str
    contract: str
    holder: str
    announced: str | None
    ready_at: int | None
    by: str
    announce: str
    announce_data: bytes
    cancel_data: bytes
    apply_data: bytes


@dataclass(frozen=True)
class Order:
    """A transaction that a key elsewhere has to send."""

    seat: str
    sender: str
    to: str
    data: bytes
    command: str


@dataclass(frozen=True)
class Rotation:
    """Where a rotation stands. `done` says what was done now; `orders` what keys elsewhere have to send; `waits` what else
    it waits for. It is over when `operator` is `next` and nothing waits.
    """

    operator: str
    next: str
    done: tuple[str, ...] = ()
    orders: tuple[Order, ...] = ()
    waits: tuple[str, ...] = ()

    @property
    def over(self) -> bool:
        return not self.orders and not self.waits


def rotate(now: datetime, to: str = "", *, begin: bool = False) -> Rotation:
    """Take the next steps towards a new operator. `to` names a key that lies elsewhere; else `begin` makes one here.

    Raises `BadKey` when the new key cannot be, and the chain's errors.
    """
    keys.finish_switch()
    target, client = _target(to, begin=begin), ChainClient.from_settings()
    seats = list(_seats(target))
    done: list[str] = []
    if all(seat.holder == target for seat in seats):
        return _switch(target, now)
    orders = []
    for seat in seats:
        if seat.holder == target or seat.announced == target:
            continue
        key = keys.key_here(seat.by)
        if key is None:
            orders.append(_order(seat, target))
        else:
            _send(client, key, seat.contract, seat.announce_data)
            done.append(f"{seat.name}: {target} was announced by {seat.by}")
    if orders or done:
        return Rotation(keys.operator_address(), target, tuple(done), tuple(orders), tuple(_delays(target)))
    waits = [*_delays(target), *_empty(client, target)]
    if waits:
        return Rotation(keys.operator_address(), target, waits=tuple(waits))
    for seat in seats:
        if seat.holder != target:
            services.send_now(
                key=f"rotate:{seat.contract}:{target}", to=seat.contract, data=seat.apply_data, gas_limit=_GAS, now=now
            )
            done.append(f"{seat.name}: {target} took over from {seat.holder}")
    after = _switch(target, now)
    return replace(after, done=(*done, *after.done))


def cancel(now: datetime) -> Rotation:
    """Withdraw what is announced, where the key for it lies here; else say who has to. The new key is deleted.

    `BadKey` once the new key holds a seat: it is an operator's only copy then, and the rotation has to be finished.
    """
    keys.finish_switch()
    made, client = keys.next_address(), ChainClient.from_settings()
    target = made or keys.operator_address()
    done, orders, seats = [], [], list(_seats(target))
    taken = [seat.name for seat in seats if seat.holder == made]
    if taken:
        raise BadKey(
            f"{made} took over already ({', '.join(taken)}), so its key stays. Run the command without --cancel to finish."
        )
    for seat in seats:
        if seat.announced is None:
            continue
        key = keys.key_here(seat.by)
        if key is None:
            words = "cancelOperator()" if seat.announce.startswith("announceOperator") else "withdrawRole(uint8) 0"
            orders.append(Order(seat.name, seat.by, seat.contract, seat.cancel_data, _cast(seat, words)))
        else:
            _send(client, key, seat.contract, seat.cancel_data)
            done.append(f"{seat.name}: {seat.announced} is not announced any more")
    if not orders:
        keys.forget_next_key()
    return Rotation(keys.operator_address(), target, tuple(done), tuple(orders))


# --- where it stands ---------------------------------------------------------------------------------
def _target(to: str, *, begin: bool) -> str:
    if to:
        if not is_address(to):
            raise BadKey(f"{to!r} is no address.")
        return str(to_checksum_address(to))
    if keys.is_elsewhere():
        raise BadKey("The operator's key lies elsewhere, so the new one is made there; name its address with --to.")
    if not begin and keys.next_address() is None:
        raise BadKey("No rotation is under way. --begin makes the new key and has it announced.")
    return keys.ensure_next_key()


def _seats(target: str) -> Iterator[Seat]:
    here, pending = deployment.current(), calls.announced_operator()
    yield Seat(
        name="anchoring operator",
        contract=here.anchor_address,
        holder=to_checksum_address(calls.read_operator()),
        announced=pending[0] if pending else None,
        ready_at=pending[1] if pending else None,
        by=here.rotation_key,
        announce="announceOperator(address)",
        announce_data=calls.announce_operator_calldata(target),
        cancel_data=calls.cancel_operator_calldata(),
        apply_data=calls.apply_operator_calldata(),
    )
    if here.distribution is None:
        return
    powers = distribution.powers()
    yield Seat(
        name="proposer of rewards",
        contract=here.distribution.distributor_address,
        holder=powers.proposer,
        announced=powers.next_proposer.next if powers.next_proposer else None,
        ready_at=powers.next_proposer.ready_at if powers.next_proposer else None,
        by=powers.council,
        announce="announceRole(uint8,address) 0",
        announce_data=distribution.announce_role_calldata("proposer", target),
        cancel_data=distribution.withdraw_role_calldata("proposer"),
        apply_data=distribution.apply_role_calldata("proposer"),
    )


def _delays(target: str) -> Iterator[str]:
    """Seats that were announced and whose delay is not over. Whether it is over the contract itself says."""
    client = ChainClient.from_settings()
    for seat in _seats(target):
        if seat.holder == target or seat.ready_at is None:
            continue
        request = {"to": seat.contract, "data": "0x" + seat.apply_data.hex()}
        try:
            client.call("eth_call", request, "pending" if settings.CHAIN_EMBEDDED else "latest")
        except NodeRefused:
            moment = datetime.fromtimestamp(seat.ready_at, UTC)
            yield f"{seat.name}: {seat.announced} may take over from {moment:%Y-%m-%d %H:%M:%S} UTC on"


def _empty(client: ChainClient, target: str) -> Iterator[str]:
    """On the embedded chain the operator's account is filled by itself."""
    if not settings.CHAIN_EMBEDDED and client.balance(target) == 0:
        yield f"{target} holds no coin to pay for anchors; send it some before it takes over"


# --- what others send, and what is sent here ---------------------------------------------------------
def _order(seat: Seat, target: str) -> Order:
    return Order(seat.name, seat.by, seat.contract, seat.announce_data, _cast(seat, f"{seat.announce} {target}"))


def _cast(seat: Seat, words: str) -> str:
    signature, *arguments = words.split()
    return " ".join([f'cast send {seat.contract} "{signature}"', *arguments, f"--from {seat.by}"])


def _send(client: ChainClient, key: SigningKey, to: str, data: bytes) -> None:
    """A transaction of the embedded chain's own rotation key, in a block and on disk before this returns."""
    mining.fund(client, key.address)
    base_fee = client.latest().base_fee
    fields = {
        "chainId": client.chain_id,
        "nonce": client.nonce(key.address),
        "value": 0,
        "to": to,
        "data": data,
        "gas": _GAS,
        "maxFeePerGas": 2 * base_fee + 10**9,
        "maxPriorityFeePerGas": 10**9,
    }
    signed = key.sign_transaction(fields)
    client.send(signed.raw)
    mining.mine(client)
    receipt = client.receipt(signed.hash)
    if receipt is None or int(receipt["status"], 16) != 1:
        raise ChainError(f"the contract at {to} refused the call of {key.address}")


# --- the switch --------------------------------------------------------------------------------------
def _switch(target: str, now: datetime) -> Rotation:
    """The contracts know the new operator: write the old one down, and sign with the new key from here on."""
    here, old = deployment.current(), keys.operator_address()
    services.advance(now)
    under_way = ChainTransaction.objects.filter(chain_id=here.chain_id, sender=old, state=State.SIGNED).count()
    if old != target and under_way:
        return Rotation(old, target, waits=(f"{under_way} transactions of {old} are on their way; they come first",))
    services.remember_operators(target)
    if old == target:
        return Rotation(old, target)
    if keys.is_elsewhere() or keys.next_address() != target:
        wanted = f"set OPERATOR_SIGNER=command, OPERATOR_ADDRESS={target} and its OPERATOR_COMMAND, then restart"
        return Rotation(old, target, waits=(wanted,))
    keys.switch_to_next()
    return Rotation(target, target, done=(f"the hub signs as {target}; the old key is kept beside it",))
