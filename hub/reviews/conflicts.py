"""What an account and the authors of a work have to do with each other, as far as this hub knows. It is said, not forbidden."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.models import Q, QuerySet

from hub.contributions.selectors import contributions, touched_by
from hub.repositories import selectors as repositories
from hub.reviews.access import MAINTAINING
from hub.reviews.models import Assessment, Review

if TYPE_CHECKING:
    from uuid import UUID

    from hub.accounts.models import Account

# For how long a verdict on somebody's work may have made one grateful, or the contrary.
LATELY = timedelta(days=90)
ORGANISATION, MAINTAINERS, CO_AUTHORS, REVIEWED = "organisation", "maintainers", "co_authors", "reviewed"
CODES = (ORGANISATION, MAINTAINERS, CO_AUTHORS, REVIEWED)


@dataclass(frozen=True)
class Conflict:
    """`code` says what connects the account with `other`, one of the authors."""

    code: str
    other: "Account"


def find(
    account: "Account",
    authors: Mapping[int, "Account"],
    now: datetime,
    but: "UUID | None" = None,
    *,
    public: bool = False,
) -> list[Conflict]:
    """Every connection, by kind and then by author. `but` is the contribution in question, which connects nobody.

    With `public` only what rests on repositories that everybody may see. Who is in which organisation says the log.
    """
    others = {key: author for key, author in authors.items() if key != account.pk}
    if not others:
        return []
    found = {
        ORGANISATION: _in_one_organisation(account, others),
        MAINTAINERS: _maintaining_together(account, others, public),
        CO_AUTHORS: _writing_together(account, others, but, public),
        REVIEWED: _reviewing_each_other(account, others, now, public),
    }
    return [Conflict(code, others[key]) for code in CODES for key in sorted(found[code])]


def _in_one_organisation(account: "Account", others: Collection[int]) -> set[int]:
    mine = account.memberships.values("organisation")
    members = apps.get_model("accounts", "Membership").objects.filter(organisation__in=mine, person__in=list(others))
    return set(members.values_list("person_id", flat=True))


def _maintaining_together(account: "Account", others: Collection[int], public: bool) -> set[int]:
    """Those who publish in a repository in which the account publishes too: as owner, by name, or for an organisation."""
    organisations = account.memberships.filter(role__in=MAINTAINING).values("organisation")
    mine = _repositories(public).filter(
        Q(owner=account) | Q(maintainers__account=account) | Q(owner__in=organisations), withdrawn__isnull=True
    )
    theirs = list(others)
    owners = mine.filter(owner__in=theirs).values_list("owner_id", flat=True)
    named = apps.get_model("repositories", "Maintainer").objects.filter(
        repository__in=mine.values("pk"), account__in=theirs
    )
    members = apps.get_model("accounts", "Membership").objects.filter(
        organisation__in=mine.values("owner"), person__in=theirs, role__in=MAINTAINING
    )
    return {*owners, *named.values_list("account_id", flat=True), *members.values_list("person_id", flat=True)}


def _writing_together(
    account: "Account", others: Mapping[int, "Account"], but: "UUID | None", public: bool
) -> set[int]:
    rows = contributions(None if public else account).filter(pk__in=touched_by(account))
    rows = rows.exclude(pk=but) if but is not None else rows
    consents = apps.get_model("contributions", "Consent").objects.filter(contribution__in=rows.values("pk"))
    written = {
        *rows.order_by().values_list("contributor_id", flat=True).distinct(),
        *consents.order_by().values_list("account_id", flat=True).distinct(),
    }
    return {key for key in others if key in written}


def _reviewing_each_other(account: "Account", others: Collection[int], now: datetime, public: bool) -> set[int]:
    """Authors who decided about, or assessed, something that the account had made."""
    lately = {"reviewer__in": list(others), "time__gte": now - LATELY}
    decided = Review.objects.filter(contribution__in=touched_by(account), **lately)
    made = Q(work__revision__author=account) | Q(work__contribution__in=touched_by(account))
    assessed = Assessment.objects.filter(made, **lately)
    if public:
        shown = _repositories(public).values("pk")
        decided = decided.filter(contribution__repository__in=shown)
        assessed = assessed.filter(work__repository__in=shown)
    reviewers = [rows.order_by().values_list("reviewer_id", flat=True).distinct() for rows in (decided, assessed)]
    return {reviewer for rows in reviewers for reviewer in rows}


def _repositories(public: bool) -> QuerySet[Any]:
    """All repositories, or those that everybody may see."""
    return repositories.visible(None) if public else apps.get_model("repositories", "Repository").objects.all()
