"""What an account and the authors of a work have to do with each other, as far as this hub knows. It is said, not forbidden."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.apps import apps
from django.db.models import F, Func, JSONField, Q
from django.db.models.fields.json import KeyTextTransform

from hub.contributions.selectors import contributions
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
    account: "Account", authors: Mapping[int, "Account"], now: datetime, but: "UUID | None" = None
) -> list[Conflict]:
    """Every connection, by kind and then by author. `but` is the contribution in question, which connects nobody."""
    others = {key: author for key, author in authors.items() if key != account.pk}
    if not others:
        return []
    found = {
        ORGANISATION: _in_one_organisation(account, others),
        MAINTAINERS: _maintaining_together(account, others),
        CO_AUTHORS: _writing_together(account, others, but),
        REVIEWED: _reviewing_each_other(account, others, now),
    }
    return [Conflict(code, others[key]) for code in CODES for key in sorted(found[code])]


def _in_one_organisation(account: "Account", others: Collection[int]) -> set[int]:
    mine = account.memberships.values("organisation")
    members = apps.get_model("accounts", "Membership").objects.filter(organisation__in=mine, person__in=list(others))
    return set(members.values_list("person_id", flat=True))


def _maintaining_together(account: "Account", others: Collection[int]) -> set[int]:
    """Those who publish in a repository in which the account publishes too."""
    repositories = apps.get_model("repositories", "Repository").objects
    organisations = account.memberships.filter(role__in=MAINTAINING).values("organisation")
    mine = repositories.filter(
        Q(owner=account) | Q(maintainers__account=account) | Q(owner__in=organisations), withdrawn__isnull=True
    ).values("pk")
    owners = repositories.filter(pk__in=mine, owner__in=list(others)).values_list("owner_id", flat=True)
    maintainers = apps.get_model("repositories", "Maintainer").objects.filter(
        repository__in=mine, account__in=list(others)
    )
    return {*owners, *maintainers.values_list("account_id", flat=True)}


def _writing_together(account: "Account", others: Mapping[int, "Account"], but: "UUID | None") -> set[int]:
    rows = contributions(account).exclude(pk=but) if but is not None else contributions(account)
    each = Func(F("authors"), function="jsonb_array_elements", output_field=JSONField())
    names = rows.filter(_by(account)).order_by().values_list(KeyTextTransform("account", each), flat=True).distinct()
    written = set(names)
    return {key for key, other in others.items() if other.actor in written}


def _reviewing_each_other(account: "Account", others: Collection[int], now: datetime) -> set[int]:
    """Authors who decided about, or assessed, something that the account had made."""
    since = now - LATELY
    decided = Review.objects.filter(_by(account, "contribution__"), reviewer__in=list(others), time__gte=since)
    made = Q(work__revision__author=account) | _by(account, "work__contribution__")
    assessed = Assessment.objects.filter(made, reviewer__in=list(others), time__gte=since)
    return {*decided.values_list("reviewer_id", flat=True), *assessed.values_list("reviewer_id", flat=True)}


def _by(account: "Account", prefix: str = "") -> Q:
    """Contributions of which the account is an author."""
    return Q(**{f"{prefix}authors__contains": [{"account": account.actor}]})
