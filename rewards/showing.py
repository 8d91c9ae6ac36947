"""Works and people of an epoch as a reader may see them, and the drawing of royalties."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from hub import names
from hub.accounts import selectors as accounts
from hub.repositories import links
from hub.reviews import selectors as reviews
from hub.reviews.words import title_of
from ledger.describing import Label
from rewards import amounts, words
from rewards.models import Royalty, WorkReward
from rewards.policy import POOLS
from web.drawing.royalties import MOST_STATIONS, Band, Station, royalty_flow


@dataclass(frozen=True)
class WorkName:
    """A work as a reader may know it. `repository` has no text where the reader may not see it."""

    title: str
    url: str
    kind: str
    repository: Label


@dataclass(frozen=True)
class Flow:
    """Royalties of an epoch: the drawing (empty when there is too much to draw) and the same as rows."""

    svg: str
    rows: list[dict[str, Any]]
    more: bool


def people(pseudonyms: Collection[str]) -> dict[str, Label]:
    """How accounts are called; whoever has no name any more keeps the pseudonym's place in the record."""
    handles = accounts.handles_of(set(pseudonyms))
    return {
        each: names.person(handles[each]) if each in handles else names.erased_account() for each in set(pseudonyms)
    }


def works(viewer: Any, rewards: Iterable[WorkReward]) -> dict[str, WorkName]:
    """How the works of these rows are called, by key."""
    rows = {row.work: row for row in rewards}
    known = {work.pk: work for work in reviews.works(viewer).filter(pk__in=rows)}
    return {key: _named(row, known.get(key)) for key, row in rows.items()}


def _named(row: WorkReward, work: Any) -> WorkName:
    kind = str(words.KINDS[row.kind])
    if row.work.startswith("review:"):
        title = _("Assessment in entry %(number)d") % {"number": row.sequence}
        return WorkName(title, f"/ledger/{row.sequence}", kind, Label(""))
    if work is None:
        return WorkName(_("A work in a repository that is not public"), "", kind, Label(""))
    repository = names.repository(work.repository.kind, work.repository.owner.username, work.repository.name)
    return WorkName(title_of(work), f"/reviews/assess/{work.pk}", kind, repository)


def repository_url(work: Any) -> str:
    return links.repository(work.repository)


# --- royalties -----------------------------------------------------------------------------------
def flow(
    royalties: Sequence[Royalty], rewards: dict[str, WorkReward], named: dict[str, WorkName], own: Collection[str] = ()
) -> Flow:
    """What passes between the works. `rewards` and `named` hold every work that a royalty touches; `own` are the reader's."""
    touched = dict.fromkeys(end for each in royalties for end in (each.child, each.parent))
    rows = [
        {"source": named[each.child], "target": named[each.parent], "wei": each.wei, "number": place}
        for place, each in enumerate(royalties, start=1)
    ]
    if len(touched) > MOST_STATIONS:
        return Flow("", rows, True)
    newest_first = sorted(touched, key=lambda key: -rewards[key].sequence)
    stations = [_station(rewards[key], named[key], key in own) for key in newest_first]
    bands = [Band(each.child, each.parent, int(each.wei), amounts.tokens(each.wei)) for each in royalties]
    return Flow(
        royalty_flow(stations, bands, title=_("What works pass on to the works they were made from")), rows, False
    )


def _station(row: WorkReward, name: WorkName, own: bool) -> Station:
    pool = {"amount": amounts.tokens(row.gross_wei), "pool": words.POOLS[POOLS[row.kind]]}
    return Station(
        id=row.work,
        name=name.title,
        kind=f"{name.repository.text}, {name.kind}" if name.repository.text else name.kind,
        pool=int(row.gross_wei),
        kept=int(row.kept_wei),
        above=_("%(amount)s from %(pool)s") % pool if row.gross_wei else "",
        keeps=_("keeps %(amount)s") % {"amount": amounts.tokens(row.kept_wei)},
        url=name.url,
        own=own,
    )
