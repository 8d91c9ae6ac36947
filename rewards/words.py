"""What kinds, states and steps of rewards are called, in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from hub.repositories.words import WORK_KINDS
from rewards.models import Epoch
from rewards.policy import WHOLE, Policy

KINDS: Mapping[str, Promise] = {
    **WORK_KINDS,
    "review": pgettext_lazy("kind of work", "Review"),
    "compute": pgettext_lazy("kind of work", "Compute"),
}
POOLS: Mapping[str, Promise] = {
    "data": gettext_lazy("the data pool"),
    "code": gettext_lazy("the code pool"),
    "tuning": gettext_lazy("the tuning pool"),
    "model": gettext_lazy("the model pool"),
    "review": gettext_lazy("the review pool"),
    "evaluation": gettext_lazy("the evaluation pool"),
    "compute": gettext_lazy("the compute pool"),
}
OPENNESS: Mapping[str, Promise] = {
    "open": pgettext_lazy("licence", "open"),
    "restricted": pgettext_lazy("licence", "restricted"),
    "none": pgettext_lazy("licence", "none stated"),
}
STATES: Mapping[str, Promise] = {
    "closed": pgettext_lazy("epoch", "Being computed"),
    "computed": pgettext_lazy("epoch", "Computed"),
    "proposed": pgettext_lazy("epoch", "Open to challenge"),
    "challenged": pgettext_lazy("epoch", "Challenged"),
    "cancelled": pgettext_lazy("epoch", "Cancelled"),
    "finalized": pgettext_lazy("epoch", "Final"),
}
EVENTS: Mapping[str, Promise] = {
    "proposed": gettext_lazy("Root and manifest proposed"),
    "challenged": gettext_lazy("Challenged"),
    "dismissed": gettext_lazy("Challenge dismissed"),
    "cancelled": gettext_lazy("Proposal cancelled"),
    "finalized": gettext_lazy("Made final, tokens minted"),
}
# Why a distribution comes later than it might, and what follows from that.
DELAYS: Mapping[str, Promise] = {
    "guardian": gettext_lazy(
        "The guardian cancelled its proposal. The same distribution is proposed again, and the guardian cannot cancel it twice: "
        "this delays payment and changes no amount."
    ),
    "expired": gettext_lazy(
        "Nobody decided a challenge in time, which cancelled its proposal. The same distribution is proposed again: this delays "
        "payment and changes no amount."
    ),
}
# Said before a wallet is bound and where one that is none of these signed.
ORDINARY_KEY = gettext_lazy(
    "It takes a wallet with an ordinary key: smart-contract wallets such as Safe cannot be bound yet."
)
# How many steps lie behind an epoch in each state; the next one is where it stands.
_BEHIND = {"closed": 1, "computed": 2, "proposed": 3, "challenged": 3, "cancelled": 3, "finalized": 5}


@dataclass(frozen=True)
class Step:
    label: str
    state: str


def steps(epoch: Epoch) -> list[Step]:
    """The way of an epoch from its cutoff to claims, and where it stands."""
    window = {"challenged": STATES["challenged"], "cancelled": STATES["cancelled"]}.get(
        epoch.state, _("Challenge window")
    )
    labels = (_("Cutoff"), _("Computation"), _("Proposal"), str(window), pgettext("epoch", "Final"))
    behind = _BEHIND[epoch.state]
    states = ["done" if place < behind else "current" if place == behind else "next" for place in range(len(labels))]
    return [Step(label, state) for label, state in zip(labels, states, strict=True)]


@dataclass(frozen=True)
class Status:
    """For the seal: its state and the line beside it."""

    state: str
    detail: str


def status(epoch: Epoch) -> Status:
    """What is certain about an epoch's amounts."""
    details = {
        "closed": ("unverified", _("its amounts are not computed yet")),
        "computed": ("waiting", _("two programs reached the same root; not on the chain yet")),
        "proposed": ("waiting", _("two programs reached the same root; anyone may challenge it")),
        "challenged": ("unverified", _("somebody objects; nothing is paid while that is open")),
        "cancelled": ("unverified", _("nothing was paid; a later epoch takes its works")),
        "finalized": ("verified", _("two programs reached the same root, and nobody showed a fault")),
    }
    return Status(*details[epoch.state])


def percents(policy: Policy) -> dict[str, str]:
    """The shares that sentences about a policy name. `behind_one` and `behind_three` are what is left of a royalty behind
    so many hidden steps, each of which was reviewed and passes that part on again.
    """
    royalty = Decimal(policy.royalty_bps)
    shares = {
        "royalty": royalty,
        "restricted": Decimal(policy.openness_bps["restricted"]),
        "cap": Decimal(policy.cluster_cap_bps),
        "behind_one": royalty**2 / WHOLE,
        "behind_three": royalty**4 / WHOLE**3,
    }
    return {name: percent(bps) for name, bps in shares.items()}


def percent(bps: int | Decimal) -> str:
    """Hundredths of a percent as percent, to two places, without zeros at the end."""
    rounded = (Decimal(bps) / 100).quantize(Decimal("0.01")).normalize()
    return number_format(rounded.quantize(Decimal(1)) if rounded == rounded.to_integral() else rounded)


def each_or_one(values: Mapping[str, str]) -> str:
    """A number that kinds of work have, once where all have the same: `0.001 HUB`, or `data 0.001 HUB, code 0.002 HUB`."""
    if len(set(values.values())) == 1:
        return next(iter(values.values()))
    return ", ".join(f"{KINDS[kind]} {value}" for kind, value in values.items())
