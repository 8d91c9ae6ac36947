"""What an anchor's transaction called and what the contract answered, in words, for its page."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from chain import selectors as chain
from chain.errors import ChainError
from web.templatetags.display import hash_tag

FUNCTIONS: dict[str, Promise] = {
    "anchor": gettext_lazy(
        "The operator put a new head of the log on the chain, with the proof that it extends the one before."
    ),
    "anchorSigned": gettext_lazy(
        "Somebody put a head that the operator had signed on the chain, with the proof that it extends the one before."
    ),
}
EVENTS: dict[str, Promise] = {
    "Anchored": gettext_lazy("The contract verified the proof and keeps the new head."),
    "RootKept": gettext_lazy("The contract keeps this root for good, so that inclusion can be shown to it."),
}
NAMES: dict[str, Promise] = {
    "newSize": gettext_lazy("tree size"),
    "size": gettext_lazy("tree size"),
    "newRoot": gettext_lazy("root hash"),
    "root": gettext_lazy("root hash"),
    "previousSize": gettext_lazy("tree size before"),
    "proof": gettext_lazy("consistency proof"),
    "signature": gettext_lazy("the operator's signature"),
}


@dataclass(frozen=True)
class Part:
    """One function or event: its name in the contract, what it means, and its values as (name there, in words, value)."""

    name: str
    words: str
    values: Sequence[tuple[str, str, SafeString]] = ()


@dataclass(frozen=True)
class Told:
    """`problem` says why nothing can be told."""

    problem: str = ""
    sender: str = ""
    nonce: int = 0
    fee: str = ""
    call: Part | None = None
    events: Sequence[Part] = field(default_factory=list)


def told(transaction: str) -> Told:
    """Asked of a node now; a page without an answer says so and shows the rest."""
    try:
        found = chain.anchor_call(transaction) if transaction else None
    except ChainError:
        return Told(_("The chain does not answer, so the call cannot be shown just now."))
    if found is None:
        return Told(
            _(
                "The node does not show this transaction now. The hub sends the same signed bytes again until it is in a block."
            )
        )
    return Told(
        sender=found.sender,
        nonce=found.nonce,
        fee=_ether(found.fee) if found.fee is not None else "",
        call=_part(found.call, FUNCTIONS) if found.call else None,
        events=[_part(event, EVENTS) for event in found.events],
    )


def _part(called: "chain.Called", words: dict[str, Promise]) -> Part:
    values = [(name, str(NAMES.get(name, "")), _value(value)) for name, value in called.values.items()]
    return Part(called.name, str(words.get(called.name, "")), values)


def _value(value: Any) -> SafeString:
    if isinstance(value, bytes):
        return hash_tag(value.hex())
    if isinstance(value, list | tuple):
        count = ngettext("%(n)d hash", "%(n)d hashes", len(value)) % {"n": len(value)}
        rows = format_html_join("", "<li>{}</li>", ((_value(member),) for member in value))
        return format_html('{}<ol class="pairs">{}</ol>', count, rows) if value else format_html("{}", count)
    return format_html("{}", value)


def _ether(wei: int) -> str:
    """In the chain's coin, exactly, without zeros at the end."""
    whole, part = divmod(wei, 10**18)
    return f"{whole}.{part:018d}".rstrip("0").rstrip(".")
