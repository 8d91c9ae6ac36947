"""Works: a revision is submitted for assessment, and hub reviewers say what it is worth."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from hub.accounts.reviewers import lock
from hub.errors import Conflict, Invalid, NotAllowed
from hub.events import EFFORTS, record
from hub.repositories import selectors as repositories
from hub.repositories.revision import cut_time
from hub.reviews import access
from hub.reviews.models import Assessment, Work

if TYPE_CHECKING:
    from hub.accounts.models import Account
    from hub.repositories.models import Revision

LONGEST_COMMENT = 10_000
BEST = 100


def submit_work(*, account: "Account", revision: "Revision", now: datetime) -> Work:
    """Make a published revision a work that hub reviewers assess; its author asks for it.

    Raises NotAllowed, `Conflict` if it is a work already (what an accepted contribution became is one), TooManyEntries.
    """
    refused = access.cannot_submit(account, revision)
    if refused:
        raise NotAllowed(refused)
    if revision.number is None:
        raise Conflict(_("This revision is only proposed. It becomes a work when it is accepted."))
    moment = cut_time(now)
    with transaction.atomic():
        if Work.objects.filter(revision=revision).exists():
            raise _submitted()
        repository = f"repo:{revision.repository_id}"
        entry = record(
            "work.submitted", subject=f"rev:{revision.pk}", actor=account, data={"repo": repository}, now=moment
        )
        work = Work(
            key=f"rev:{revision.pk}",
            revision=revision,
            repository_id=revision.repository_id,
            submitted=moment,
            entry=entry,
        )
        _insert(work, _submitted())
    return work


def assess(*, account: "Account", work: Work, effort: int, quality: int, comment: str, now: datetime) -> Assessment:
    """Say how much work it was (`EFFORTS`), how good it is (0 to 100), and why. Once per person and work.

    Raises `Invalid` at `effort`, `quality` or `comment`, NotAllowed, Conflict, TooManyEntries.
    """
    comment = _checked(effort, quality, comment)
    moment = cut_time(now)
    with transaction.atomic():
        # In the log's order: a reviewer whose right was taken away has assessed before that or not at all.
        reviewer = lock(account)
        _require_assessor(reviewer, work)
        entry = record(
            "assessment.made",
            subject=work.key,
            actor=reviewer,
            data={
                "repo": f"repo:{work.repository_id}",
                "revision": f"rev:{work.revision_id}",
                "effort": effort,
                "quality": quality,
            },
            details={"comment": {"comment": comment}},
            now=moment,
        )
        made = Assessment(
            work=work, reviewer=reviewer, effort=effort, quality=quality, comment=comment, time=moment, entry=entry
        )
        _insert(made, _assessed())
    return made


def _require_assessor(account: "Account", work: Work) -> None:
    if work.assessments.filter(reviewer=account).exists():
        raise _assessed()
    refused = access.cannot_assess(account, work)
    if refused:
        raise NotAllowed(refused)
    # A repository that is withdrawn or has become private in the meantime is not there for the reviewer.
    repositories.repository_by_id(account, work.repository_id)


def _checked(effort: int, quality: int, comment: str) -> str:
    if effort not in EFFORTS:
        raise Invalid("effort", _("Choose one of 1, 2, 3, 5, 8, 13 and 21."))
    if not 0 <= quality <= BEST:
        raise Invalid("quality", _("A whole number from 0 to 100."))
    return checked_comment(comment)


def checked_comment(comment: str) -> str:
    """The reason in somebody's own words, which an act that needs one cannot do without. Raises `Invalid`."""
    text = comment.replace("\r\n", "\n").strip()
    if not text:
        raise Invalid("comment", _("Say why, in your own words."))
    if len(text) > LONGEST_COMMENT:
        raise Invalid("comment", _("At most %(most)d characters.") % {"most": LONGEST_COMMENT})
    if "\x00" in text:
        raise Invalid("comment", _("This contains a character that cannot be stored."))
    return text


def _insert(row: Work | Assessment, refusal: Conflict) -> None:
    """Save; somebody who did the same at the same moment wins."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise refusal from None


def _submitted() -> Conflict:
    return Conflict(_("This revision is submitted for assessment already."))


def _assessed() -> Conflict:
    return Conflict(_("You have assessed this work already."))
