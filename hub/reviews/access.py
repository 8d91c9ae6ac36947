"""Who may decide about a contribution and who may assess a work: the table of DESIGN section 5.

Every question answers with the words of the refusal; empty words mean that the account may.
"""

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from hub.accounts import selectors as accounts
from hub.contributions import selectors as contributions
from hub.repositories import selectors as repositories
from hub.repositories.selectors import Role

if TYPE_CHECKING:
    from hub.accounts.models import Account
    from hub.contributions.models import Contribution
    from hub.contributions.shares import AuthorShare
    from hub.repositories.models import Repository, Revision
    from hub.reviews.models import Work

PUBLISHERS = {Role.OWNER, Role.MAINTAINER}
MAINTAINING = ("owner", "maintainer")


# --- whose work it is ----------------------------------------------------------------------------
def authors_of_contribution(contribution: "Contribution") -> dict[int, "Account"]:
    """Who opened it and everybody who shares in it by their own consent, by key."""
    return _with_opener(contribution, contributions.authors_of(contribution))


def authors_of_work(work: "Work") -> dict[int, "Account"]:
    """The authors of the contribution that it was, and the author of its revision."""
    return authors_of_each([], [work])[work.pk]


def authors_of_each(rows: "Sequence[Contribution]", works: "Sequence[Work]") -> dict[Any, dict[int, "Account"]]:
    """`authors_of_contribution` and `authors_of_work` for many, by key. One query for all of them."""
    become = [work.contribution for work in works if work.contribution is not None]
    shares = contributions.authors_of_each([*rows, *become])
    found: dict[Any, dict[int, Account]] = {row.pk: _with_opener(row, shares[row.pk]) for row in rows}
    for work in works:
        theirs = {} if work.contribution is None else _with_opener(work.contribution, shares[work.contribution.pk])
        found[work.pk] = {**theirs, work.revision.author_id: work.revision.author}
    return found


def _with_opener(contribution: "Contribution", shares: "Sequence[AuthorShare]") -> dict[int, "Account"]:
    return {contribution.contributor_id: contribution.contributor} | {
        row.account.pk: row.account for row in shares if row.agreed
    }


def publishers_of(repository: "Repository") -> dict[int, "Account"]:
    """Everybody who may publish in it and whose account is open, by key."""
    owner = repository.owner
    found = {owner.pk: owner} if owner.kind == "person" else {}
    members = owner.members.filter(role__in=MAINTAINING).select_related("person").order_by("pk")
    found |= {row.person_id: row.person for row in members}
    named = repository.maintainers.select_related("account").order_by("pk")
    found |= {row.account_id: row.account for row in named}
    return {key: account for key, account in found.items() if account.is_active}


# --- deciding ------------------------------------------------------------------------------------
def cannot_decide(account: "Account | None", contribution: "Contribution") -> str:
    """Why this account may not decide about it, whatever state it is in."""
    if account is None:
        return _("Sign in to decide about contributions.")
    if contributions.is_own(contribution, account):
        return _("Nobody decides about their own contribution.")
    appealed = contribution.appealed is not None
    if appealed and account.pk == _decliner(contribution):
        return _("You declined this contribution. Somebody else decides about the appeal.")
    if repositories.role_of(account, contribution.repository) in PUBLISHERS:
        return ""
    if appealed and account.hub_reviewer and not other_publishers(contribution):
        readable = repositories.may_read(account, contribution.repository)
        return "" if readable else _("You may not read this repository.")
    return _("Its owner and its maintainers decide about contributions to a repository.")


def other_publishers(contribution: "Contribution") -> dict[int, "Account"]:
    """Publishers who had no part in it and have not declined it: one of them decides about an appeal."""
    barred = {*contributions.part_takers(contribution), _decliner(contribution)}
    found = publishers_of(contribution.repository)
    return {key: account for key, account in found.items() if key not in barred}


def without_other_publishers(rows: "QuerySet[Contribution]") -> "QuerySet[Contribution]":
    """Those of which `other_publishers` finds nobody, asked of the database: a hub reviewer decides about their appeals."""
    accounts_, memberships, maintainers = (
        apps.get_model(name).objects for name in ("accounts.Account", "accounts.Membership", "repositories.Maintainer")
    )
    owner = accounts_.filter(pk=OuterRef("repository__owner"), kind="person")
    members = memberships.filter(organisation=OuterRef("repository__owner"), role__in=MAINTAINING)
    named = maintainers.filter(repository=OuterRef("repository"))
    found = ((owner, ""), (members, "person__"), (named, "account__"))
    return rows.exclude(reduce(or_, (Q(Exists(_free(people, prefix))) for people, prefix in found)))


def _free(people: "QuerySet[Any]", prefix: str) -> Any:
    """Of people who publish where an outer contribution is: open accounts that had no part in it and did not decline it."""
    account = prefix.removesuffix("__") or "pk"
    here = {"contribution": OuterRef(OuterRef("pk"))}
    agreed = apps.get_model("contributions.Consent").objects.filter(account=OuterRef(account), **here)
    declined = apps.get_model("reviews.Review").objects.filter(verdict="decline", reviewer=OuterRef(account), **here)
    rows = people.filter(~Exists(declined), ~Exists(agreed), **{f"{prefix}is_active": True})
    return rows.exclude(**{account: OuterRef("contributor")})


def arbiters_of(contribution: "Contribution") -> list["Account"]:
    """Who decides about it, or about an appeal: a publisher, and where there is none, a hub reviewer about an appeal alone."""
    others = other_publishers(contribution)
    if others or (contribution.appealed is None and contribution.state != "declined"):
        return list(others.values())
    barred = {*contributions.part_takers(contribution), _decliner(contribution)}
    readers = (each for each in accounts.hub_reviewers() if each.pk not in barred)
    return [each for each in readers if repositories.may_read(each, contribution.repository)]


def _decliner(contribution: "Contribution") -> int | None:
    """Who declined it, before an appeal or just now."""
    row = contribution.reviews.filter(verdict="decline").order_by("time", "pk").first()
    return row.reviewer_id if row is not None else None


# --- works ---------------------------------------------------------------------------------------
def cannot_submit(account: "Account | None", revision: "Revision") -> str:
    """Why this account may not submit the revision for assessment."""
    if account is None or revision.author_id != account.pk:
        return _("Only the author of a revision submits it for assessment.")
    if repositories.role_of(account, revision.repository) not in PUBLISHERS:
        return _("Only an owner or a maintainer of a repository submits revisions of it for assessment.")
    if revision.repository.visibility != "public":
        return _("Only what everybody can read can be assessed. Make the repository public first.")
    return ""


def cannot_assess(account: "Account | None", work: "Work") -> str:
    """Why this account may not assess the work.

    Never what one made or once agreed to share in, nor what one decided about, nor what is made where one has published
    or belongs. The log says the first three, and the rule of rewards asks them again.
    """
    if account is None or not account.hub_reviewer:
        return _("Only hub reviewers assess works.")
    if account.pk in authors_of_work(work):
        return _("You are an author of this work. Somebody else has to assess it.")
    role = repositories.role_of(account, work.repository)
    if role in PUBLISHERS:
        return _("You maintain this repository. Somebody else has to assess what is made in it.")
    if role is not None:
        return _("This repository belongs to an organisation of yours. Somebody else has to assess what is made in it.")
    contribution = work.contribution
    if contribution is not None and contributions.is_own(contribution, account):
        return _("You were an author of an earlier version of this work. Somebody else has to assess it.")
    if contribution is not None and contribution.reviews.filter(reviewer=account).exists():
        return _("You decided about this contribution. Somebody else has to assess what became of it.")
    if contributions.published_by(account).filter(repository=work.repository_id).exists():
        return _("You have published in this repository yourself. Somebody else has to assess what is made in it.")
    if work.assessments.filter(reviewer=account).exists():
        return _("You have assessed this work already.")
    return ""


def account_of(viewer: Any) -> "Account | None":
    """The signed-in account, or None for everybody else."""
    usable = viewer is not None and viewer.is_authenticated and viewer.is_active
    return viewer if usable else None
