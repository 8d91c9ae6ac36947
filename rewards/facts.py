"""What the columns of rewards that the log speaks of hold, in words."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from ledger.disagreements import register_facts

FACTS: Mapping[str, Promise] = {
    "account__pseudonym": pgettext_lazy("fact", "whose wallet it is"),
    "allocated_wei": pgettext_lazy("fact", "what the accounts earned together"),
    "body": pgettext_lazy("fact", "the rules"),
    "bound": pgettext_lazy("fact", "when the wallet was bound"),
    "bundle": pgettext_lazy("fact", "the published bundle"),
    "closed": pgettext_lazy("fact", "when the epoch was closed"),
    "credited_wei": pgettext_lazy("fact", "what was credited so far"),
    "cutoff": pgettext_lazy("fact", "how many entries count"),
    "entry__uid": pgettext_lazy("fact", "the entry it belongs to"),
    "first_epoch": pgettext_lazy("fact", "the epoch from which the rules count"),
    "hash": pgettext_lazy("fact", "the digest of the rules"),
    "manifest": pgettext_lazy("fact", "the digest of the bundle"),
    "message": pgettext_lazy("fact", "what the wallet signed"),
    "policy__hash": pgettext_lazy("fact", "the rules of the epoch"),
    "root": pgettext_lazy("fact", "the root of the distribution"),
    "state": pgettext_lazy("fact", "what became of it"),
    "total_wei": pgettext_lazy("fact", "what wallets may claim together"),
    "wallet": pgettext_lazy("fact", "the wallet"),
}


def register() -> None:
    register_facts("rewards", FACTS)
