"""What tests of contributions look at again and again."""

from typing import Any

from hub.contributions import selectors
from hub.contributions.models import Contribution
from hub.repositories import reading
from hub.repositories.models import Revision
from ledger.models import Entry
from ledger.selectors import to_view


def proposed(contribution: Contribution) -> Revision:
    return selectors.newest_proposal(contribution).revision


def text_at(revision: Revision, path: str) -> str:
    return reading.read_text(reading.file_at(revision, path), 1_000)


def last_entry() -> Any:
    return to_view(Entry.objects.prefetch_related("detail_groups").latest("id"))
