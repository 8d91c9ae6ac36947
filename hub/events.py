"""What may happen in the hub, as the log records it, and the only door from the hub to the log.

The table is the vocabulary: for each type its subject, the fields of `data` (public for good) and the groups of
`details` (words of people, each group under a salted digest of its own and erasable by itself). Field values that are
subjects (`repo:…`, `rev:…`, `acct:…`) make the entry findable from there too. `log.*` is written by the ledger itself;
the rows about epochs and reward policies stand in `rewards.events`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from math import ceil
from typing import Any, Final, Protocol

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hub.errors import NotAllowed, TooManyEntries
from hub.vocabulary import (
    ADDRESS,
    ANY_SUBJECT,
    CODE,
    DECIMAL,
    DIGEST,
    LICENCE,
    MOMENT,
    VERSION,
    BadEvent,
    Fields,
    ListOf,
    OneOf,
    Optional,
    Subject,
    Text,
    Whole,
    Word,
    check,
    event,
    related_subjects,
    table,
)
from ledger import selectors as ledger_selectors
from ledger import services as ledger
from ledger.records import EntryView
from ledger.services import Entry

REPOSITORY, REVISION, ACCOUNT = Subject(("repo",)), Subject(("rev",)), Subject(("acct",))
CONTRIBUTION = Subject(("contrib",))
REPOSITORY_KINDS = ("model", "dataset")
VISIBILITIES = ("public", "gated", "private")
WORK_KINDS = ("data", "code", "tuning", "model", "evaluation", "documentation")
REFERENCE_KINDS = ("branch", "tag")
RELATIONS = ("trained_on", "evaluated_on", "finetune", "adapter", "quantized", "merge", "derived_from")
ROLES = ("owner", "maintainer", "member", "none")
VERDICTS = ("accept", "ask", "decline")
# Why a proposal was not accepted, or was asked to change.
REVIEW_REASONS = (
    "metric_worse",
    "no_better",
    "not_reproduced",
    "licence",
    "duplicate",
    "quality",
    "incomplete",
    "unsafe",
    "off_topic",
    "other",
)
# Why something was hidden, redacted or taken down.
REMOVAL_REASONS = (
    "owner_request",
    "personal_data",
    "copyright",
    "licence",
    "malware",
    "illegal",
    "court_order",
    "error",
    "other",
)
EFFORTS = (1, 2, 3, 5, 8, 13, 21)

BPS = Whole(1, 10_000)
# Shares of authors, in hundredths of a percent; together 10,000.
SHARES = ListOf(Fields({"account": ACCOUNT, "bps": BPS}))
METRIC = Fields(
    {
        "name": CODE,
        "value": DECIMAL,
        "better": Word(("higher", "lower")),
        "unit": Optional(CODE),
        "method": Optional(CODE),
        "split": Optional(CODE),
        "threshold": Optional(DECIMAL),
        "n": Optional(Whole(1)),
        "positives": Optional(Whole()),
        "low": Optional(DECIMAL),
        "high": Optional(DECIMAL),
        "level": Optional(DECIMAL),
        "on": Optional(REVISION),
    }
)
REVIEWED = {"repo": REPOSITORY, "number": Whole(1), "author": ACCOUNT, "revision": REVISION}
NAME = {"name": {"name": Text(200)}}
COMMENT = {"comment": {"comment": Text(10_000)}}
REASON = {"reason": {"reason": Text(2_000)}}
PROPOSAL = {
    "repo": REPOSITORY,
    "number": Whole(1),
    "kind": Word(WORK_KINDS),
    "base": Optional(REVISION),
    "proposed": REVISION,
    "authors": SHARES,
}

VOCABULARY = table(
    # people and organisations
    event("account.registered", "acct", {}, {"handle": {"handle": Text(39)}}),
    event("account.erased", "acct"),
    event("organisation.created", "acct", {"member": ACCOUNT, "role": Word(ROLES)}, NAME),
    event("membership.changed", "acct", {"member": ACCOUNT, "role": Word(ROLES)}),
    # Who may assess works for rewards: granted and revoked by the hub's operator.
    event("reviewer.granted", "acct"),
    event("reviewer.revoked", "acct"),
    # Who may take down files and redact words: granted and revoked by the hub's operator.
    event("moderator.granted", "acct"),
    event("moderator.revoked", "acct"),
    event("wallet.bound", "acct", {}, {"binding": {"binding": Text(4_000)}}),
    # Nothing records these two, and nobody's rewards follow from them: an account's first binding counts, for good. They
    # are kept for a way to another wallet, which needs rules of its own.
    event("wallet.rebinding", "acct", {}, {"binding": {"binding": Text(4_000)}}),
    event("wallet.released", "acct", {}, {"binding": {"binding": Text(4_000)}}),
    # repositories
    event(
        "repository.created",
        "repo",
        {"kind": Word(REPOSITORY_KINDS), "visibility": Word(VISIBILITIES), "owner": ACCOUNT},
        NAME,
    ),
    event("repository.renamed", "repo", {}, NAME),
    event("repository.transferred", "repo", {"owner": ACCOUNT, "previous_owner": ACCOUNT}),
    # `salt` (hex) is published when the repository becomes public, so that its older trees can be recomputed.
    event("repository.visibility_changed", "repo", {"visibility": Word(VISIBILITIES), "salt": Optional(DIGEST)}),
    event("repository.withdrawn", "repo", {"reason": Word(REMOVAL_REASONS)}),
    event("ownership.agreed", "repo", {"shares": SHARES, "consents": ListOf(DIGEST)}),
    # `reference` is the SHA-256 of the branch's or tag's name; the name itself is a detail, left out for `main`.
    # `outside` holds SHA-256 digests of URLs, salted where the repository is not public, in the order of the URLs in the
    # details. A revision that was proposed and accepted names its contribution, its author (the actor is who accepted it)
    # and when it was made.
    event(
        "revision.published",
        "rev",
        {
            "repo": REPOSITORY,
            "number": Whole(1),
            "reference_kind": Word(REFERENCE_KINDS),
            "reference": DIGEST,
            "root_tree": DIGEST,
            "parents": ListOf(REVISION, 2),
            "kind": Word(WORK_KINDS),
            "licence": Optional(LICENCE),
            "sources": ListOf(Fields({"relation": Word(RELATIONS), "revision": REVISION}), 100),
            "outside": ListOf(Fields({"relation": Word(RELATIONS), "digest": DIGEST}), 100),
            "metrics": ListOf(METRIC, 60),
            "counts": Fields({name: Whole() for name in ("files", "bytes", "added", "changed", "removed")}),
            "author": Optional(ACCOUNT),
            "made": Optional(MOMENT),
            "contribution": Optional(CONTRIBUTION),
        },
        {
            "message": {"message": Text(10_000)},
            "outside_sources": {"urls": ListOf(Text(2_000), 100)},
            "reference": {"name": Text(200)},
        },
        optional=("message", "outside_sources", "reference"),
    ),
    event(
        "reference.moved",
        "repo",
        {"kind": Word(REFERENCE_KINDS), "reference": DIGEST, "from": Optional(REVISION), "to": Optional(REVISION)},
        NAME,
    ),
    event(
        "file.scanned",
        "rev",
        {"file": DIGEST, "verdict": Word(("safe", "unsafe", "unscannable")), "scanner": VERSION},
    ),
    event(
        "openness.changed",
        "repo",
        {"framework": CODE, "claimed": Optional(CODE), "evidenced": Optional(CODE), "evidence": ListOf(DIGEST)},
    ),
    # contributions and reviews
    event("contribution.opened", "contrib", PROPOSAL, {"title": {"title": Text(300)}, **REASON}, optional=("reason",)),
    event(
        "contribution.updated",
        "contrib",
        PROPOSAL,
        {"title": {"title": Text(300)}, **REASON},
        optional=("title", "reason"),
    ),
    # A co-author agrees to the share that the newest version, which proposed this revision, names for them.
    event(
        "contribution.joined",
        "contrib",
        {"repo": REPOSITORY, "number": Whole(1), "proposed": REVISION, "bps": BPS},
    ),
    event("contribution.withdrawn", "contrib", {"repo": REPOSITORY, "number": Whole(1)}, REASON, optional=("reason",)),
    event(
        "review.submitted",
        "contrib",
        {
            **REVIEWED,
            "verdict": Word(VERDICTS),
            "reason": Optional(Word(REVIEW_REASONS)),
            "effort": Optional(OneOf(EFFORTS)),
            "quality": Optional(Whole(0, 100)),
            "checks": Optional(DIGEST),
        },
        COMMENT,
        optional=("comment",),
    ),
    event(
        "contribution.accepted",
        "contrib",
        # `result` is the number of the revision that it became.
        {**REVIEWED, "result": Whole(1), "checks": Optional(DIGEST)},
        COMMENT,
        optional=("comment",),
    ),
    event(
        "contribution.declined",
        "contrib",
        {**REVIEWED, "reason": Word(REVIEW_REASONS), "checks": Optional(DIGEST)},
        COMMENT,
        optional=("comment",),
    ),
    event("contribution.appealed", "contrib", REVIEWED, COMMENT),
    # works: a published revision is submitted by its author; a contribution is one by being accepted
    event("work.submitted", "rev", {"repo": REPOSITORY}),
    event(
        "assessment.made",
        ("contrib", "rev"),
        {"repo": REPOSITORY, "revision": REVISION, "effort": OneOf(EFFORTS), "quality": Whole(0, 100)},
        COMMENT,
    ),
    # statements and removals
    event(
        "attestation.made",
        ANY_SUBJECT,
        {"predicate_type": ADDRESS, "digest": DIGEST, "key": CODE},
        {"predicate": {"predicate": Text(40_000)}},
        optional=("predicate",),
    ),
    event("attestation.revoked", ANY_SUBJECT, {"predicate_type": ADDRESS, "digest": DIGEST, "key": CODE}),
    # `digest` is that of a details group, as it stands in the entry that is redacted; that entry has the same subject.
    event(
        "content.redacted",
        ANY_SUBJECT,
        {"digest": DIGEST, "reason": Word(REMOVAL_REASONS)},
        REASON,
        optional=("reason",),
    ),
    # `digest` is the SHA-256 of the bytes. The subject is the public repository that published them first, else the log:
    # one that is not public is never named. `repositories` are the other public ones.
    event(
        "content.taken_down",
        ANY_SUBJECT,
        {"digest": DIGEST, "reason": Word(REMOVAL_REASONS), "repositories": Optional(ListOf(REPOSITORY, 100))},
        REASON,
        optional=("reason",),
    ),
)


class Actor(Protocol):
    """Whoever acts, as the log sees it: `acct:` and a pseudonym. An account is one."""

    @property
    def actor(self) -> str: ...


class _System:
    actor = "sys:hub"


# The hub itself acts: a scan, a computed class. It has no limit on entries.
SYSTEM: Final = _System()


def related_to(entry: EntryView) -> list[str]:
    """The subjects that an entry names, under which it must be found."""
    kind = VOCABULARY.get(entry.type)
    return related_subjects(kind, entry.subject, entry.data) if kind is not None else []


def reference_digest(name: str) -> str:
    """How the log names a branch or tag: SHA-256 (hex) of the name in UTF-8."""
    return sha256(name.encode()).hexdigest()


def record(
    type: str,
    *,
    subject: str,
    actor: Actor,
    data: Mapping[str, Any],
    details: Mapping[str, Mapping[str, Any]] | None = None,
    related: Sequence[str] = (),
    now: datetime,
) -> Entry:
    """Write one entry, in the caller's transaction.

    `related` adds subjects that the data does not name. Raises `BadEvent` if the vocabulary does not allow it (a
    mistake in the caller), `NotAllowed` if the account is erased, `TooManyEntries` if it has used up its hour, and the
    ledger's own errors.
    """
    kind = VOCABULARY.get(type)
    if kind is None:
        raise BadEvent(f"there is no event type {type!r}")
    groups = details or {}
    check(kind, subject, data, groups)
    others = related_subjects(kind, subject, data, related)
    refuse_erased(actor)
    _refuse_flood(actor.actor, now)
    return ledger.record(
        type=type,
        subject=subject,
        actor=actor.actor,
        time=now,
        data=data,
        details=groups,
        related=others,
    )


def refuse_erased(actor: Actor) -> None:
    """Raise `NotAllowed` if the account is erased; if not, it stays so until the caller's transaction ends.

    Everything that keeps words of an account asks this before it does: an act that began before the erasure either ends
    before it, and its words go too, or is refused. Erasing locks the row `FOR UPDATE`, which waits for `FOR KEY SHARE` and
    makes it wait; acts of one account do not make each other wait.
    """
    if actor.actor == SYSTEM.actor:
        return
    with connection.cursor() as cursor:
        own = 'SELECT "erased" FROM "accounts_account" WHERE "pseudonym" = %s FOR KEY SHARE'
        cursor.execute(own, [actor.actor.removeprefix("acct:")])
        row = cursor.fetchone()
    if row is not None and row[0] is not None:
        raise NotAllowed(_("This account is erased. Nothing can be done in its name any more."))


def _refuse_flood(actor: str, now: datetime) -> None:
    """The log is for ever, so an account has `ENTRIES_PER_HOUR`. Requests at one instant may exceed it by a few."""
    if actor == SYSTEM.actor:
        return
    hour = timedelta(hours=1)
    count, oldest = ledger_selectors.written_since(actor, now - hour)
    if count < settings.ENTRIES_PER_HOUR:
        return
    wait = max(1, ceil(((oldest or now) + hour - now).total_seconds()))
    minutes = -(-wait // 60)
    message = ngettext(
        "You have written as many entries as one account may in an hour. Try again in %(minutes)d minute.",
        "You have written as many entries as one account may in an hour. Try again in %(minutes)d minutes.",
        minutes,
    )
    raise TooManyEntries(message % {"minutes": minutes}, retry_after=wait)
