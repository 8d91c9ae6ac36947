"""What a transaction offers for its place in a block (EIP-1559). Pure; all amounts are wei per unit of gas."""

from dataclasses import dataclass

GWEI = 10**9
# A fresh embedded chain begins at a base fee of 1 gwei. Transactions signed when the fee had fallen to nothing must
# still be good there, because a lost chain is rebuilt from the same bytes.
EMBEDDED_FLOOR = 3 * GWEI


@dataclass(frozen=True)
class Fees:
    max_fee: int
    tip: int


def offer(base_fee: int, tip: int, *, floor: int = 0) -> Fees:
    """Enough for five full blocks in a row: each raises the base fee by an eighth."""
    return Fees(max(2 * base_fee + tip, floor), tip)


def bumped(old: Fees, now: Fees) -> Fees:
    """At least an eighth more than before in both parts, which every node takes as a replacement."""
    return Fees(max(_eighth_more(old.max_fee), now.max_fee), max(_eighth_more(old.tip), now.tip))


def _eighth_more(amount: int) -> int:
    return amount + -(-amount // 8)


def payable(fees: Fees, base_fee: int, limit: int) -> Fees | None:
    """The fees cut to a limit; None if that leaves too little for the next block."""
    if base_fee + min(fees.tip, limit) > limit:
        return None
    return Fees(min(fees.max_fee, limit), min(fees.tip, limit))
