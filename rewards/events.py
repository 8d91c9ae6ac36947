"""What may happen to rewards, as the log records it, and the only door from rewards to the log.

The hub itself is the actor of all of it: people act by contributing, reviewing and binding wallets (`hub.events`), and
on the chain. Amounts are wei as decimal strings.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from hub.vocabulary import (
    CODE,
    DIGEST,
    LICENCE,
    BadEvent,
    Fields,
    ListOf,
    Pattern,
    Subject,
    Text,
    Whole,
    check,
    event,
    table,
)
from hub.vocabulary import related_subjects as _related
from ledger import services as ledger
from ledger.records import EntryView
from ledger.services import Entry

WEI = Pattern(r"0|[1-9][0-9]{0,38}", "an amount in wei as a decimal string")
BPS = Whole(0, 10_000)
WEIGHT = Whole(0, 1_000_000)
POLICY = Subject(("policy",))
KINDS = ("data", "code", "tuning", "model", "evaluation", "review", "compute")
KIND_POLICY = Fields(
    {"pool_bps": BPS, "w_effort": WEIGHT, "w_gain": WEIGHT, "w_use": WEIGHT, "price_cap_wei": WEI}
)  # fmt: skip
POLICY_FIELDS = Fields(
    {
        "version": Whole(1, 1),
        "royalty_bps": BPS,
        "cluster_cap_bps": BPS,
        "min_reviews": Whole(1, 15),
        "quality_floor": Whole(0, 100),
        "openness_bps": Fields(dict.fromkeys(("open", "restricted", "none"), BPS)),
        "licences": Fields({"open": ListOf(LICENCE, 500), "restricted": ListOf(LICENCE, 500)}),
        "kinds": Fields(dict.fromkeys(KINDS, KIND_POLICY)),
    }
)
REASON = {"reason": {"reason": Text(2_000)}}
PROPOSED = {"manifest": DIGEST, "root": DIGEST}
# Causes of a cancellation that show the distribution to be wrong; the others only delay it.
FAULTS = ("decrease", "duplicate")

VOCABULARY = table(
    # The whole rule's numbers, so that the log alone says by which rule an epoch was computed.
    event("policy.set", "policy", {"first_epoch": Whole(), "policy": POLICY_FIELDS}),
    # `cutoff` is a tree size under a final anchor, `root` its root hash: what lies below it counts.
    event("epoch.closed", "epoch", {"cutoff": Whole(1), "root": DIGEST, "policy": POLICY}),
    event("distribution.proposed", "epoch", {**PROPOSED, "credited": WEI, "total": WEI}),
    event("distribution.challenged", "epoch", PROPOSED, REASON, optional=("reason",)),
    event("distribution.cancelled", "epoch", {**PROPOSED, "cause": CODE}, REASON, optional=("reason",)),
    event("distribution.finalized", "epoch", PROPOSED),
)
ACTOR: Final = "sys:hub"


def related_to(entry: EntryView) -> list[str]:
    """The subjects that an entry names, under which it must be found."""
    kind = VOCABULARY.get(entry.type)
    return _related(kind, entry.subject, entry.data) if kind is not None else []


def record(
    type: str,
    *,
    subject: str,
    data: Mapping[str, Any],
    details: Mapping[str, Mapping[str, Any]] | None = None,
    now: datetime,
) -> Entry:
    """Write one entry, in the caller's transaction. `BadEvent` if the vocabulary does not allow it (a mistake here)."""
    kind = VOCABULARY.get(type)
    if kind is None:
        raise BadEvent(f"there is no event type {type!r}")
    groups = details or {}
    check(kind, subject, data, groups)
    return ledger.record(
        type=type,
        subject=subject,
        actor=ACTOR,
        time=now,
        data=data,
        details=groups,
        related=_related(kind, subject, data),
    )
