"""How the log's own entries read."""

from django.utils.translation import gettext as _

from ledger import describing
from ledger.describing import Sentence, label
from ledger.records import EntryView


def register() -> None:
    """Make the log's own entries readable."""
    describing.register_sentence("log.created", _created)
    describing.register_sentence("log.succeeded", _succeeded)


def _created(entry: EntryView) -> Sentence:
    words = _("%(actor)s began the log %(origin)s.")
    return describing.compose(words, actor=label(entry.actor), origin=entry.data.get("origin", ""))


def _succeeded(entry: EntryView) -> Sentence:
    words = _("%(actor)s continued the log %(origin)s here, after it ended.")
    return describing.compose(words, actor=label(entry.actor), origin=entry.data.get("previous_origin", ""))
