"""Looks up what `checking` needs to know about a contribution as it is now."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hub.contributions import selectors as contributions
from hub.repositories import licences
from hub.repositories.licences import Openness
from hub.reviews import access, checking, conflicts
from hub.uploads.rules import refused_reason

if TYPE_CHECKING:
    from hub.accounts.models import Account
    from hub.contributions.models import Contribution
    from hub.repositories.models import Revision
    from hub.uploads.models import Blob


def checks(
    contribution: "Contribution", account: "Account | None" = None, now: datetime | None = None
) -> dict[str, Any]:
    """What is known about its newest version. With `account` and `now` also what connects that account with its authors.

    Decided from rows alone: the same rows give the same bytes. They become public, so a connection that not everybody can
    see is in them without its kind and without whom it is with.
    """
    proposal = contributions.newest_proposal(contribution)
    revision, base, repository = proposal.revision, proposal.base, contribution.repository
    connected, public = None, set()
    if account is not None and now is not None:
        connected = set(interests(contribution, account, now))
        public = set(interests(contribution, account, now, public=True))
    difference = contributions.changes_of(contribution, 0)
    licence = licences.by_id(revision.licence) if revision.licence else None
    facts = checking.Facts(
        contribution=f"contrib:{contribution.pk}",
        proposal=proposal.version,
        revision=f"rev:{revision.pk}",
        base=f"rev:{base.pk}" if base is not None else "",
        head=f"rev:{repository.head_id}" if repository.head_id else "",
        stale=contributions.is_stale(contribution),
        licence_before=base.licence if base is not None else "",
        licence_after=revision.licence,
        openness=licence.openness if licence is not None else Openness.UNSTATED,
        pinned=revision.sources.filter(source__isnull=False).count(),
        outside=revision.sources.filter(source__isnull=True).count(),
        metrics=difference.metrics,
        counts={str(action): n for action, n in difference.files.counts.items()},
        faults=list(_faults(revision)),
        conflicts=None if connected is None else [(found.code, found.other.actor) for found in public],
        undisclosed=bool(connected and connected - public),
    )
    return checking.build(facts)


def interests(
    contribution: "Contribution", account: "Account", now: datetime, *, public: bool = False
) -> Sequence[conflicts.Conflict]:
    """What connects the account with the authors of a contribution; with `public` only what everybody can see."""
    return conflicts.find(account, access.authors_of_contribution(contribution), now, contribution.pk, public=public)


def _faults(revision: "Revision") -> Iterator[tuple[str, str]]:
    """Files whose bytes were taken down or spoilt since they were sent, or that are no longer taken."""
    rows = revision.changes.filter(blob__isnull=False).select_related("blob").order_by("path")
    for row in rows.iterator(chunk_size=2_000):
        assert row.blob is not None
        fault = _fault(row.path, row.blob)
        if fault:
            yield row.blob.sha256, fault


def _fault(path: str, blob: "Blob") -> str:
    if blob.taken_down is not None:
        return "gone"
    if blob.damaged is not None:
        return "damaged"
    return "refused" if refused_reason(path, blob.size) is not None else ""
