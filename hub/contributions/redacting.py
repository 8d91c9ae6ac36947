"""Where the tables of contributions repeat words that stand beside an entry.

Each version says anew what the contribution is, so its row repeats the newest one's words, whatever older ones said.
"""

from hub import redactable
from hub.contributions.models import Contribution
from ledger.records import EntryView

VERSIONS = ("contribution.opened", "contribution.updated")


def register() -> None:
    redactable.register(VERSIONS, "title", lambda entry: _empty(entry, "title"))
    redactable.register(VERSIONS, "reason", lambda entry: _empty(entry, "reason"))
    redactable.register(["contribution.withdrawn"], "reason", lambda entry: None)


def _empty(entry: EntryView, column: str) -> None:
    """What the row has from this version. A later one's words are told by its own entry, be they the same."""
    Contribution.objects.filter(proposal__entry__uid=entry.uid).update(**{column: ""})
