"""How the events of rewards read, and what epochs and policies are called."""

from collections.abc import Collection, Sequence
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hub.pieces import Template, actor, fill, named, plain
from ledger import describing
from ledger.describing import Label, Sentence, Viewer, label
from ledger.records import EntryView
from rewards.models import Epoch

CLOSED = gettext_lazy("%(actor)s closed %(epoch)s: the first %(cutoff)s entries of the log count.")
POLICY = gettext_lazy("%(actor)s recorded %(policy)s, in force from epoch %(number)s on.")
DISTRIBUTION: dict[str, Template] = {
    "proposed": gettext_lazy("The distribution of %(epoch)s was proposed on the chain; anyone may challenge it."),
    "challenged": gettext_lazy("The distribution of %(epoch)s was challenged."),
    "finalized": gettext_lazy("The distribution of %(epoch)s became final; it can be claimed."),
}
CANCELLED: dict[str, Template] = {
    "guardian": gettext_lazy("The guardian cancelled the distribution of %(epoch)s; it is proposed again, unchanged."),
    "expired": gettext_lazy(
        "The distribution of %(epoch)s was cancelled because nobody decided its challenge; it is proposed again, unchanged."
    ),
    "decrease": gettext_lazy(
        "The distribution of %(epoch)s was cancelled because it lowered an amount; a later epoch takes its works."
    ),
    "duplicate": gettext_lazy(
        "The distribution of %(epoch)s was cancelled because it held an account twice; a later epoch takes its works."
    ),
}
TYPES = frozenset(f"distribution.{name}" for name in (*DISTRIBUTION, "cancelled"))


def register() -> None:
    describing.register_sentence("policy.set", _policy_set)
    describing.register_sentence("epoch.closed", _epoch_closed)
    describing.register_sentence("distribution.cancelled", _cancelled)
    for name in DISTRIBUTION:
        describing.register_sentence(f"distribution.{name}", _distribution)
    describing.register_label("epoch", _epochs)
    describing.register_label("policy", _policies)
    describing.register_readable(_readable)


def _policy_set(entry: EntryView) -> Sentence:
    number = plain(entry.data["first_epoch"])
    return fill(POLICY, {"actor": actor(entry), "policy": named(label(entry.subject)), "number": number})


def _epoch_closed(entry: EntryView) -> Sentence:
    cutoff = plain(entry.data["cutoff"])
    return fill(CLOSED, {"actor": actor(entry), "epoch": named(label(entry.subject)), "cutoff": cutoff})


def _distribution(entry: EntryView) -> Sentence:
    return fill(DISTRIBUTION[entry.type.partition(".")[2]], {"epoch": named(label(entry.subject))})


def _cancelled(entry: EntryView) -> Sentence:
    return fill(CANCELLED[entry.data["cause"]], {"epoch": named(label(entry.subject))})


def _epochs(subjects: Collection[str], viewer: Viewer) -> dict[str, Label]:
    numbers = {subject: int(subject.partition(":")[2]) for subject in subjects}
    known = set(Epoch.objects.filter(number__in=numbers.values()).values_list("number", flat=True))
    return {
        subject: Label(
            _("epoch %(number)s") % {"number": number},
            reverse("rewards:epoch", args=[number]) if number in known else "",
        )
        for subject, number in numbers.items()
    }


def _policies(subjects: Collection[str], viewer: Viewer) -> dict[str, Label]:
    digests = {subject: subject.partition(":")[2] for subject in subjects}
    return {
        subject: Label(_("the rule %(hash)s") % {"hash": f"{digest[:8]}…"}, reverse("rewards:policy", args=[digest]))
        for subject, digest in digests.items()
    }


def _readable(entries: Sequence[EntryView], viewer: Viewer) -> set[UUID]:
    """Reasons of challenges and cancellations stand on the chain, so everybody may read them here."""
    return {entry.uid for entry in entries if entry.type in TYPES}
