"""The follower's diary: rows of `ChainEvent`, opened when something is noticed and ended when it is over."""

import json
import logging
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chain.models import ChainEvent
from chain.records import EventView

log = logging.getLogger(__name__)
Fact = int | str


class Kind(StrEnum):
    LOST_BLOCKS = "lost_blocks"
    REORGANISED = "reorganised"
    UNAVAILABLE = "unavailable"
    WRONG_CHAIN = "wrong_chain"
    LOW_BALANCE = "low_balance"
    HIGH_FEES = "high_fees"
    REPLAYED = "replayed"


def note(kind: Kind, now: datetime, facts: Mapping[str, Fact]) -> None:
    """Write down something that happened, with what is known about it. It lasts until `end`."""
    ChainEvent.objects.create(time=now, kind=kind, text=json.dumps(facts))
    log.warning("%s %s", kind, dict(facts))


def begin(kind: Kind, now: datetime, **facts: Fact) -> None:
    """Write down the beginning of something that lasts; once, however often it is noticed."""
    if not ChainEvent.objects.filter(kind=kind, ended=None).exists():
        note(kind, now, facts)


def end(now: datetime, *kinds: Kind) -> None:
    """Write down that what these kinds tell of is over."""
    ChainEvent.objects.filter(kind__in=kinds, ended=None).update(ended=now)


def note_replay(now: datetime, facts: Mapping[str, Fact]) -> None:
    """Write down what a replay of the chain found, instead of what the one before found. It lasts while anything differs."""
    with transaction.atomic():
        ChainEvent.objects.filter(kind=Kind.REPLAYED).delete()
        ended = None if facts["differences"] else now
        ChainEvent.objects.create(time=now, kind=Kind.REPLAYED, text=json.dumps(facts), ended=ended)


def described(event: ChainEvent) -> EventView:
    return EventView(event.time, event.kind, _words(event.kind, json.loads(event.text)), event.ended)


def _words(kind: str, facts: dict[str, Fact]) -> str:
    match kind:
        case Kind.LOST_BLOCKS:
            return _lost_blocks(int(facts["seen"]), int(facts["found"]), int(facts["transactions"]))
        case Kind.REORGANISED:
            return ngettext(
                "The chain was reorganised: %(count)d transaction left its block and is sent again unchanged.",
                "The chain was reorganised: %(count)d transactions left their blocks and are sent again unchanged.",
                int(facts["transactions"]),
            ) % {"count": facts["transactions"]}
        case Kind.UNAVAILABLE:
            return _("No node of the chain answered. Entries and checkpoints went on; anchors had to wait.")
        case Kind.WRONG_CHAIN:
            return _("A node served another chain than this hub's. Nothing was sent to it.")
        case Kind.LOW_BALANCE:
            return _("The operator's account %(account)s is too empty to pay for an anchor.") % facts
        case Kind.HIGH_FEES:
            return _("The chain's fee was above this hub's limit of %(limit)s gwei, so anchors waited.") % facts
        case Kind.REPLAYED:
            return (
                _("blocks %(first)d to %(last)d, transactions: %(transactions)d, differences: %(differences)d") % facts
            )
        case _:
            return kind


def _lost_blocks(seen: int, found: int, transactions: int) -> str:
    if found < seen:
        words = ngettext(
            "The chain stood at block %(seen)d and came back at block %(found)d; "
            "%(count)d transaction of the hub is sent again unchanged.",
            "The chain stood at block %(seen)d and came back at block %(found)d; "
            "%(count)d transactions of the hub are sent again unchanged.",
            transactions,
        )
    else:
        words = ngettext(
            "The chain came back with another beginning; %(count)d transaction of the hub is sent again unchanged.",
            "The chain came back with another beginning; %(count)d transactions of the hub are sent again unchanged.",
            transactions,
        )
    return words % {"seen": seen, "found": found, "count": transactions}
