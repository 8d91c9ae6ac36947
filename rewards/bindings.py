"""Bindings of wallets: what an account's holder signed, as the log's details and the bundle hold it.

The text is RFC 8785 JSON with the members of the EIP-712 message `WalletBinding` and the signature over it:

    {"account":"<32 hex>","chain_id":31337,"deadline":1795000000,"nonce":1,"signature":"0x…","wallet":"0x…"}

Pure. Whether the signature is the wallet's is checked when somebody binds (`chain.signatures`) and again by
`akashi_recompute.py`; here the form is, and that the text is the one its entry commits to.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from ledger import canonical, entry
from ledger.errors import NotCanonical
from rewards.errors import BindingRefused
from rewards.record import Binding, Record

GROUP = "binding"
_FORMS = {
    "account": re.compile(r"[0-9a-f]{32}"),
    "wallet": re.compile(r"0x[0-9a-f]{40}"),
    "signature": re.compile(r"0x[0-9a-f]{130}"),
}
_NUMBERS = ("chain_id", "nonce", "deadline")
NOBODY = "0x" + "0" * 40


@dataclass(frozen=True)
class SignedBinding:
    """The signed message. `account` is a pseudonym, `deadline` in Unix seconds, `signature` r ‖ s ‖ v as 0x hex."""

    account: str
    wallet: str
    chain_id: int
    nonce: int
    deadline: int
    signature: str


@dataclass(frozen=True)
class DisclosedBinding:
    """A binding as it becomes public: the text and the salt under which its entry commits to it."""

    text: str
    salt: bytes


def text(binding: SignedBinding) -> str:
    """The canonical text, which goes into the details of `wallet.bound`. Raises `BindingRefused` for a wrong form."""
    _check(binding)
    return canonical.encode(asdict(binding)).decode()


def parse(source: str) -> SignedBinding:
    """The binding with this text; raises `BindingRefused` for anything that `text` would not have written."""
    try:
        members = canonical.decode(source.encode())
        binding = SignedBinding(**members)
    except (NotCanonical, TypeError, UnicodeEncodeError) as error:
        raise BindingRefused("The text of a wallet binding is malformed.") from error
    _check(binding)
    return binding


def wallets(
    record: Record, disclosed: Mapping[str, DisclosedBinding], accounts: Iterable[str], chain_id: int
) -> dict[str, str]:
    """The wallet of each of these accounts that has bound one, by its first `wallet.bound` in the record.

    Raises `BindingRefused` when the binding of one of them is not disclosed or not what its entry commits to.
    """
    found = {}
    for account in sorted(accounts):
        bound = record.bindings.get(account)
        if bound is not None:
            found[account] = _wallet(account, bound, disclosed.get(account), chain_id)
    return found


def _wallet(account: str, bound: Binding, shown: DisclosedBinding | None, chain_id: int) -> str:
    if shown is None:
        raise BindingRefused(f"The binding of account {account}, entry {bound.leaf}, is not disclosed.")
    digest = entry.group_digest(canonical.encode({GROUP: shown.text}), shown.salt)
    if digest.hex() != bound.digest:
        raise BindingRefused(f"The binding of account {account} is not what entry {bound.leaf} commits to.")
    binding = parse(shown.text)
    if (binding.account, binding.chain_id) != (account, chain_id):
        raise BindingRefused(f"The binding in entry {bound.leaf} is of another account or for another chain.")
    if binding.deadline < datetime.fromisoformat(bound.time).timestamp():
        raise BindingRefused(f"The binding in entry {bound.leaf} was logged after its deadline.")
    return binding.wallet


def _check(binding: SignedBinding) -> None:
    for name, form in _FORMS.items():
        value = getattr(binding, name)
        if not isinstance(value, str) or not form.fullmatch(value):
            raise BindingRefused(f"The {name} of a wallet binding is malformed.")
    for name in _NUMBERS:
        number = getattr(binding, name)
        if type(number) is not int or not 0 <= number < 2**53:
            raise BindingRefused(f"The {name} of a wallet binding is not a whole number.")
    if binding.wallet == NOBODY:
        raise BindingRefused("Nobody holds the wallet 0x0.")
