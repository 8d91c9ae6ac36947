"""The head of every repository page: the fact strip and the tabs. Fills the slot `repository.header`."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html, strip_tags
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hub import names
from hub.contributions import links as contribution_links
from hub.contributions import selectors as contributions
from hub.explore import checks, figures
from hub.explore.crew import people_of
from hub.repositories import links
from hub.repositories import selectors as repositories
from web.templatetags.display import time_tag

if TYPE_CHECKING:
    from hub.repositories.models import Repository


@dataclass(frozen=True)
class Fact:
    label: str
    value: str
    detail: Any = ""
    word: str = ""
    tone: str = ""
    values: list[float] = field(default_factory=list)
    name: str = ""
    mono: bool = False


@dataclass(frozen=True)
class Tab:
    label: str
    url: str
    current: bool
    count: int | None = None


# First words below a repository's address, and the tab that they belong to.
_SECTIONS = {
    "": "card", "edit": "card", "history": "history", "commits": "history", "commit": "history", "compare": "history",
    "lineage": "lineage", "tree": "files", "blob": "files", "upload": "files", "settings": "settings",
    "discussions": "contributions", "rewards": "rewards",
}  # fmt: skip
# Pages with a filled button of their own.
_WORKING = {"edit", "upload", "settings"}


def repository_header(request: HttpRequest, repository: "Repository") -> str:
    """Verified or not, how new, how good, by how many: readable within five seconds, then the way on."""
    status = checks.repository_status(repository)
    context = {
        "status": _linked(status, links.history(repository) + "#checks"),
        "facts": facts(repository),
        "tabs": tabs(request, repository),
        "check_url": "" if _place(request, repository) in _WORKING else links.history(repository) + "#checks",
    }
    return render_to_string("explore/_repository_header.html", context, request)


def _linked(status: checks.Status, url: str) -> checks.Status:
    detail = status.detail
    if status.checked is not None and status.state == "verified":
        detail = _("%(detail)s, %(when)s") % {"detail": detail, "when": _plain_age(status)}
    return checks.Status(status.state, detail, status.filled, status.needed, url)


def _plain_age(status: checks.Status) -> str:
    return strip_tags(time_tag(status.checked))


def facts(repository: "Repository") -> list[Fact]:
    revisions = repositories.latest_revisions(repository, most=30)
    found = []
    if revisions:
        latest = revisions[-1]
        detail = _("%(when)s, by %(who)s")
        found.append(
            Fact(
                _("Latest"),
                _("Revision %(n)d") % {"n": latest.number},
                format_html(
                    detail % {"when": "{0}", "who": "{1}"},
                    time_tag(latest.published),
                    names.account(latest.author).text,
                ),
            )
        )
    headline = figures.headline(revisions, checks.doubted(revisions))
    if headline is not None:
        name = headline.name[:1].upper() + headline.name[1:]
        line = list(headline.values)
        found.append(Fact(name, headline.value, headline.detail, headline.word, headline.tone, line, headline.name))
    people = people_of(repository)
    authors = sum(person.revisions > 0 for person in people)
    words = ngettext("%(n)d has published", "%(n)d have published", authors) % {"n": authors}
    found.append(Fact(_("People"), str(len(people)), words))
    return found


def _place(request: HttpRequest, repository: "Repository") -> str:
    """The first word below the repository's address."""
    return request.path.removeprefix(links.repository(repository)).strip("/").partition("/")[0]


def tabs(request: HttpRequest, repository: "Repository") -> list[Tab]:
    base = links.repository(repository)
    section = _SECTIONS.get(_place(request, repository), "")
    found = [
        Tab(_("Card"), base, section == "card"),
        Tab(_("History"), links.history(repository), section == "history", repository.revision_count),
        Tab(_("Lineage"), f"{base}/lineage", section == "lineage"),
        Tab(_("Files"), links.tree(repository), section == "files"),
        Tab(
            _("Contributions"), contribution_links.listed(repository), section == "contributions",
            contributions.undecided_count(repository),
        ),
        Tab(_("Rewards"), f"{base}/rewards", section == "rewards"),
    ]  # fmt: skip
    if repositories.may_change(request.user, repository):
        found.append(Tab(_("Settings"), f"{base}/settings", section == "settings"))
    return found
