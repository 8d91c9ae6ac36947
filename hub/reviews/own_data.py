"""What reviews keep about an account: for its own copy, and what goes when the account is erased."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from hub.accounts import own_data as accounts
from hub.reviews.models import Appeal, Assessment, Review, Work
from ledger import services as ledger

if TYPE_CHECKING:
    from hub.accounts.models import Account


def register() -> None:
    accounts.register("reviews", export=export, erase=erase)


def export(account: "Account") -> dict[str, Any]:
    """Its verdicts, appeals and assessments, and the revisions that it submitted for assessment."""
    reviews = Review.objects.filter(reviewer=account).order_by("pk")
    assessments = Assessment.objects.filter(reviewer=account).order_by("pk")
    works = Work.objects.filter(contribution__isnull=True, revision__author=account).order_by("submitted", "key")
    return {
        "reviews": list(reviews.values("contribution", "revision", "verdict", "reason", "comment", "time")),
        "appeals": list(_appeals(account).values("contribution", "comment", "time")),
        "works": list(works.values("key", "repository", "submitted")),
        "assessments": list(assessments.values("work", "effort", "quality", "comment", "time")),
    }


def erase(account: "Account", now: datetime) -> None:
    """Its reasons go, in the tables and beside the entries. Verdicts and numbers stay: others depend on them."""
    _erase(Review.objects.filter(reviewer=account))
    _erase(_appeals(account))
    _erase(Assessment.objects.filter(reviewer=account))


def _appeals(account: "Account") -> QuerySet[Appeal]:
    return Appeal.objects.filter(contribution__contributor=account).order_by("pk")


def _erase(rows: "QuerySet[Review] | QuerySet[Appeal] | QuerySet[Assessment]") -> None:
    written = rows.exclude(comment="")
    for uid in written.values_list("entry__uid", flat=True):
        ledger.erase_details(uid, "comment")
    written.update(comment="")
