"""What people, repositories and revisions are called in sentences, and the neutral words for those that stay hidden.

Features register with `ledger.describing.register_label` how the subjects of their prefix are called, for a whole page
at a time, and build the labels here, so that everything hidden is hidden in the same words. A label without an address
is one that the reader may not follow; sentences then say nothing else about it.
"""

from typing import Protocol

from django.utils.translation import gettext as _

from ledger.describing import Label


def person_url(handle: str) -> str:
    """The page of a person or an organisation."""
    return f"/people/{handle}"


def person(handle: str) -> Label:
    return Label(handle, person_url(handle))


class Holder(Protocol):
    """A row of an account, as far as its name goes."""

    @property
    def username(self) -> str: ...

    @property
    def erased(self) -> object: ...


def account(holder: Holder) -> Label:
    """The account by its handle; one that is erased has neither a name nor a page."""
    return erased_account() if holder.erased else person(holder.username)


def erased_account() -> Label:
    return Label(_("an erased account"))


def unknown_account() -> Label:
    return Label(_("an unknown account"))


def repository_url(kind: str, owner: str, name: str) -> str:
    """The page of a repository, at the Hugging Face Hub's own paths."""
    return f"/datasets/{owner}/{name}" if kind == "dataset" else f"/{owner}/{name}"


def repository(kind: str, owner: str, name: str) -> Label:
    return Label(name, repository_url(kind, owner, name))


def revision(repository: Label, number: int, revision_id: str) -> Label:
    """A revision by its full name; a hidden repository stands for all its revisions."""
    if not repository.url:
        return repository
    text = _("%(repository)s, revision %(number)d") % {"repository": repository.text, "number": number}
    return Label(text, revision_url(repository.url, revision_id))


def revision_url(repository_url: str, revision_id: str) -> str:
    """The page of one revision; `revision_id` is its SHA-256 in hex."""
    return f"{repository_url}/commit/{revision_id[:40]}"


def contribution_url(repository_url: str, number: int) -> str:
    return f"{repository_url}/discussions/{number}"


def private_repository() -> Label:
    return Label(_("a private repository"))


def withdrawn_repository() -> Label:
    return Label(_("a withdrawn repository"))


def unknown_repository() -> Label:
    return Label(_("an unknown repository"))


def outside_source() -> Label:
    return Label(_("a source outside this hub"))
