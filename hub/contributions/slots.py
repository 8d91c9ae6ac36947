"""What contributions show on pages of other rooms: whose a proposed revision is, and what a person proposed."""

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html_join

from hub.contributions import links, selectors
from hub.contributions.views.listing import row
from web import http
from web.pagination import section_pager

MOST = 20
# The field of the page's address that says which of them are shown.
QUERY = "contributions"


def proposed(request: HttpRequest, revision: Any) -> str:
    """Above the files of a revision that is only proposed."""
    found = selectors.contribution_of(revision)
    if found is None:
        return ""
    found.repository = revision.repository
    context = {"contribution": found, "page_url": links.page(found)}
    return render_to_string("contributions/_proposed.html", context, request)


def coauthors(request: HttpRequest, revision: Any) -> str:
    """Beside the author of a revision: who agreed to share in it."""
    people = selectors.coauthors_of([revision.pk]).get(str(revision.pk), [])
    return render_to_string("contributions/_coauthors.html", {"people": people}, request) if people else ""


def of_person(request: HttpRequest, person: Any) -> str:
    """What somebody proposed or shares in, as far as the reader may see it."""
    return _section(request, "contributions/_person.html", person, request.user)


def of_me(request: HttpRequest, account: Any) -> str:
    """What asks for one's consent, one's own contributions with where each of them stands, and what can only be withdrawn."""
    asking = [row(each) for each in selectors.asking(account, most=MOST)]
    unseen = selectors.out_of_sight(account)
    parts = [
        render_to_string("contributions/_asking.html", {"rows": asking}, request) if asking else "",
        _section(request, "contributions/_me.html", account, account),
        render_to_string("contributions/_unseen.html", {"unseen": unseen}, request) if unseen else "",
    ]
    return format_html_join("", "{}", ((part,) for part in parts))


def _section(request: HttpRequest, template: str, person: Any, viewer: Any) -> str:
    """A page of them, how many there are, and the way to the others."""
    page = selectors.page_of_person(person, viewer, http.text(request.GET, QUERY, most=4096), MOST)
    if not page.items:
        return ""
    context = {
        "rows": [row(each) for each in page.items],
        "total": selectors.of_person(person, viewer).count(),
        "pager": section_pager(page, QUERY, request.GET),
    }
    return render_to_string(template, context, request)
