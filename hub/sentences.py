"""How the hub's events read: the record's voice, past tense, with links. Registered with `ledger.describing`.

Every function picks one whole template of `hub.phrases` and fills its named places; what a subject is called comes from
`ledger.describing.label`, which knows who reads. Of a repository without an address (private, withdrawn) a sentence says
who did what and nothing else.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import ngettext

from hub import names, phrases
from hub.pieces import Template, actor, contribution, fill, named, percent, plain, revision
from ledger import describing
from ledger.describing import Label, Sentence, label
from ledger.records import EntryView

_here: ContextVar[str] = ContextVar("hub_sentences_here", default="")


def describe_here(entries: Sequence[EntryView], viewer: Any, repository: str) -> list[Sentence]:
    """The sentences of entries on the page of `repository` (`repo:…`), whose name they need not repeat."""
    with _on_page_of(repository):
        return describing.describe(entries, viewer)


@contextmanager
def _on_page_of(repository: str) -> Iterator[None]:
    token = _here.set(repository)
    try:
        yield
    finally:
        _here.reset(token)


def register() -> None:
    """Make every event type of the hub readable."""
    for event_type, sentence in SENTENCES.items():
        describing.register_sentence(event_type, sentence)


# --- people --------------------------------------------------------------------------------------
def _account_registered(entry: EntryView) -> Sentence:
    erased = not label(entry.subject).url
    return fill(phrases.ACCOUNT["registered_erased" if erased else "registered"], {"actor": actor(entry)})


def _account_erased(entry: EntryView) -> Sentence:
    return plain(phrases.ACCOUNT["erased"])


def _wallet(entry: EntryView) -> Sentence:
    return fill(phrases.WALLET[entry.type.partition(".")[2]], {"actor": actor(entry)})


def _reviewer(entry: EntryView) -> Sentence:
    template = phrases.REVIEWER[entry.type.partition(".")[2]]
    return fill(template, {"actor": actor(entry), "subject": named(label(entry.subject))})


def _moderator(entry: EntryView) -> Sentence:
    template = phrases.MODERATOR[entry.type.partition(".")[2]]
    return fill(template, {"actor": actor(entry), "subject": named(label(entry.subject))})


def _organisation_created(entry: EntryView) -> Sentence:
    return fill(phrases.ORGANISATION, {"actor": actor(entry), "subject": named(label(entry.subject))})


def _membership_changed(entry: EntryView) -> Sentence:
    member, subject = named(label(entry.data["member"])), named(label(entry.subject))
    return fill(phrases.MEMBERSHIP[entry.data["role"]], {"actor": actor(entry), "member": member, "subject": subject})


# --- repositories --------------------------------------------------------------------------------
def _about_repository(entry: EntryView, template: Template, **places: Sentence) -> Sentence:
    fixed = {"actor": actor(entry), "repository": named(label(entry.subject))}
    return fill(template, {**fixed, **places})


def _repository_created(entry: EntryView) -> Sentence:
    kind, owner = entry.data["kind"], entry.data["owner"]
    if not label(entry.subject).url:
        return _about_repository(entry, phrases.CREATED["hidden"])
    if owner == entry.actor:
        return _about_repository(entry, phrases.CREATED[kind])
    return _about_repository(entry, phrases.CREATED[f"{kind}_for"], owner=named(label(owner)))


def _repository_renamed(entry: EntryView) -> Sentence:
    name = entry.details.get("name", {}).get("name", "")
    if not name or not label(entry.subject).url:
        return _about_repository(entry, phrases.RENAMED[""])
    return _about_repository(entry, phrases.RENAMED["named"], name=named(Label(name)))


def _repository_transferred(entry: EntryView) -> Sentence:
    return _about_repository(entry, phrases.TRANSFERRED, owner=named(label(entry.data["owner"])))


def _visibility_changed(entry: EntryView) -> Sentence:
    shown = label(entry.subject).url
    return _about_repository(entry, phrases.VISIBILITY[entry.data["visibility"] if shown else "hidden"])


def _repository_withdrawn(entry: EntryView) -> Sentence:
    return _about_repository(entry, phrases.WITHDRAWN, reason=plain(phrases.REMOVAL_REASONS[entry.data["reason"]]))


def _ownership_agreed(entry: EntryView) -> Sentence:
    count = len(entry.data["shares"])
    template = ngettext(
        "%(actor)s recorded that %(repository)s has %(count)s owner.",
        "%(actor)s recorded that %(repository)s has %(count)s owners who agreed on their shares.",
        count,
    )
    return _about_repository(entry, template, count=plain(count))


def _reference_moved(entry: EntryView) -> Sentence:
    change = "made" if "from" not in entry.data else "moved" if "to" in entry.data else "removed"
    variant = f"{entry.data['kind']}_{change}"
    name = entry.details.get("name", {}).get("name", "")
    if not name or not label(entry.subject).url:
        return _about_repository(entry, phrases.REFERENCE_UNNAMED[variant])
    return _about_repository(entry, phrases.REFERENCE[variant], name=named(Label(name)))


def _openness_changed(entry: EntryView) -> Sentence:
    claimed, evidenced = entry.data.get("claimed", ""), entry.data.get("evidenced", "")
    variant = "both" if claimed and evidenced else "claimed" if claimed else "evidenced" if evidenced else "none"
    repository = label(entry.subject)
    subject = named(repository if repository.url else Label(capfirst(repository.text)))
    return fill(
        phrases.OPENNESS[variant], {"repository": subject, "claimed": plain(claimed), "evidenced": plain(evidenced)}
    )


# --- revisions -----------------------------------------------------------------------------------
def _revision_published(entry: EntryView) -> Sentence:
    repository = label(entry.data["repo"])
    places = {
        "actor": actor(entry),
        "revision": revision(repository, entry.data["number"], entry.subject),
        "repository": named(repository),
    }
    here = _here.get() == entry.data["repo"]
    if "author" in entry.data:
        author = named(label(entry.data["author"]))
        return fill(phrases.PUBLISHED_PROPOSAL["here" if here else ""], {**places, "author": author})
    table = phrases.PUBLISHED_HERE if here else phrases.PUBLISHED
    sources = _sources(entry) if repository.url else []
    relations = [relation for relation, _source in sources]
    if not sources:
        return fill(table[""], places)
    if len(sources) == 1:
        return fill(table[relations[0]], {**places, "source": sources[0][1]})
    if sorted(relations) == ["finetune", "trained_on"]:
        found = dict(sources)
        return fill(table["tuned_with"], {**places, "base": found["finetune"], "source": found["trained_on"]})
    return fill(_made_from_many(len(sources), here), {**places, "count": plain(len(sources))})


def _sources(entry: EntryView) -> list[tuple[str, Sentence]]:
    known = [(edge["relation"], named(label(edge["revision"]))) for edge in entry.data["sources"]]
    outside = named(names.outside_source())
    return known + [(edge["relation"], outside) for edge in entry.data["outside"]]


def _made_from_many(count: int, here: bool) -> str:
    if here:
        return ngettext(
            "%(actor)s published %(revision)s, made from %(count)s source.",
            "%(actor)s published %(revision)s, made from %(count)s sources.",
            count,
        )
    return ngettext(
        "%(actor)s published %(revision)s of %(repository)s, made from %(count)s source.",
        "%(actor)s published %(revision)s of %(repository)s, made from %(count)s sources.",
        count,
    )


def _file_scanned(entry: EntryView) -> Sentence:
    places = {"actor": actor(entry), "subject": named(label(entry.subject))}
    return fill(phrases.SCANNED[entry.data["verdict"]], places)


# --- contributions -------------------------------------------------------------------------------
def _about_contribution(entry: EntryView, templates: Mapping[str, Template], **places: Sentence) -> Sentence:
    repository = label(entry.data["repo"])
    fixed = {
        "actor": actor(entry),
        "contribution": contribution(repository, entry.data["number"]),
        "repository": named(repository),
    }
    variant = "here" if _here.get() == entry.data["repo"] else ""
    if variant and "title" in places and "here_titled" in templates:
        variant = "here_titled"
    return fill(templates[variant], {**fixed, **places})


def _contribution_opened(entry: EntryView) -> Sentence:
    title = entry.details.get("title", {}).get("title", "")
    return _about_contribution(entry, phrases.OPENED, **({"title": plain(title)} if title else {}))


def _contribution_updated(entry: EntryView) -> Sentence:
    return _about_contribution(entry, phrases.UPDATED)


def _contribution_joined(entry: EntryView) -> Sentence:
    return _about_contribution(entry, phrases.JOINED, share=plain(percent(entry.data["bps"])))


def _contribution_withdrawn(entry: EntryView) -> Sentence:
    return _about_contribution(entry, phrases.PROPOSAL_WITHDRAWN)


def _contribution_appealed(entry: EntryView) -> Sentence:
    return _about_contribution(entry, phrases.APPEALED)


def _review_submitted(entry: EntryView) -> Sentence:
    verdict = entry.data["verdict"]
    reason = phrases.REVIEW_REASONS[entry.data.get("reason", "other")]
    templates = {"": phrases.REVIEWED[verdict], "here": phrases.REVIEWED_HERE[verdict]}
    return _about_contribution(entry, templates, author=named(label(entry.data["author"])), reason=plain(reason))


def _contribution_accepted(entry: EntryView) -> Sentence:
    became = revision(label(entry.data["repo"]), entry.data["result"], entry.data["revision"])
    author = named(label(entry.data["author"]))
    return _about_contribution(entry, phrases.ACCEPTED, author=author, revision=became)


def _contribution_declined(entry: EntryView) -> Sentence:
    reason = plain(phrases.REVIEW_REASONS[entry.data["reason"]])
    return _about_contribution(entry, phrases.DECLINED, author=named(label(entry.data["author"])), reason=reason)


# --- works ---------------------------------------------------------------------------------------
def _about_work(entry: EntryView, templates: Mapping[str, Template], revision: str, **places: Sentence) -> Sentence:
    """A work is called by its revision; of one that is hidden the sentence says nothing but that it is."""
    repository = label(entry.data["repo"])
    work = label(revision) if repository.url else repository
    template = templates["" if repository.url else "hidden"]
    return fill(template, {"actor": actor(entry), "work": named(work), **places})


def _work_submitted(entry: EntryView) -> Sentence:
    return _about_work(entry, phrases.SUBMITTED, entry.subject)


def _assessment_made(entry: EntryView) -> Sentence:
    numbers = {name: plain(entry.data[name]) for name in ("effort", "quality")}
    return _about_work(entry, phrases.ASSESSED, entry.data["revision"], **numbers)


# --- statements and removals ---------------------------------------------------------------------
def _attested(entry: EntryView) -> Sentence:
    template = phrases.ATTESTED if entry.type == "attestation.made" else phrases.ATTESTATION_REVOKED
    places = {"actor": actor(entry), "subject": named(label(entry.subject))}
    return fill(template, {**places, "predicate": plain(entry.data["predicate_type"])})


def _redacted(entry: EntryView) -> Sentence:
    reason = plain(phrases.REMOVAL_REASONS[entry.data["reason"]])
    return fill(phrases.REDACTED, {"actor": actor(entry), "subject": named(label(entry.subject)), "reason": reason})


def _taken_down(entry: EntryView) -> Sentence:
    reason = plain(phrases.REMOVAL_REASONS[entry.data["reason"]])
    places = {"actor": actor(entry), "subject": named(label(entry.subject)), "reason": reason}
    if entry.subject == "log":
        return fill(phrases.TAKEN_DOWN["log"], places)
    others = len(entry.data.get("repositories", ()))
    if not others:
        return fill(phrases.TAKEN_DOWN[""], places)
    template = ngettext(
        "%(actor)s took down a file of %(subject)s and %(count)s other repository: %(reason)s.",
        "%(actor)s took down a file of %(subject)s and %(count)s other repositories: %(reason)s.",
        others,
    )
    return fill(template, {**places, "count": plain(str(others))})


SENTENCES: dict[str, describing.DescribeEntry] = {
    "account.registered": _account_registered,
    "account.erased": _account_erased,
    "organisation.created": _organisation_created,
    "membership.changed": _membership_changed,
    "reviewer.granted": _reviewer,
    "reviewer.revoked": _reviewer,
    "moderator.granted": _moderator,
    "moderator.revoked": _moderator,
    "wallet.bound": _wallet,
    "wallet.rebinding": _wallet,
    "wallet.released": _wallet,
    "repository.created": _repository_created,
    "repository.renamed": _repository_renamed,
    "repository.transferred": _repository_transferred,
    "repository.visibility_changed": _visibility_changed,
    "repository.withdrawn": _repository_withdrawn,
    "ownership.agreed": _ownership_agreed,
    "revision.published": _revision_published,
    "reference.moved": _reference_moved,
    "file.scanned": _file_scanned,
    "openness.changed": _openness_changed,
    "contribution.opened": _contribution_opened,
    "contribution.updated": _contribution_updated,
    "contribution.joined": _contribution_joined,
    "contribution.withdrawn": _contribution_withdrawn,
    "contribution.appealed": _contribution_appealed,
    "contribution.accepted": _contribution_accepted,
    "contribution.declined": _contribution_declined,
    "review.submitted": _review_submitted,
    "work.submitted": _work_submitted,
    "assessment.made": _assessment_made,
    "attestation.made": _attested,
    "attestation.revoked": _attested,
    "content.redacted": _redacted,
    "content.taken_down": _taken_down,
}
