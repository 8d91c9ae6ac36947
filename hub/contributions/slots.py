"""What contributions show on pages of other rooms: whose a proposed revision is, and what a person proposed."""

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string

from hub.contributions import links, selectors
from hub.contributions.views.listing import row

MOST = 20


def proposed(request: HttpRequest, revision: Any) -> str:
    """Above the files of a revision that is only proposed."""
    found = selectors.contribution_of(revision)
    if found is None:
        return ""
    found.repository = revision.repository
    context = {"contribution": found, "page_url": links.page(found)}
    return render_to_string("contributions/_proposed.html", context, request)


def of_person(request: HttpRequest, person: Any) -> str:
    """What somebody proposed or shares in, as far as the reader may see it."""
    return _rows(request, "contributions/_person.html", selectors.by_person(person, request.user, most=MOST))


def of_me(request: HttpRequest, account: Any) -> str:
    """What asks for one's consent, one's own contributions with where each of them stands, and what can only be withdrawn."""
    asking = _rows(request, "contributions/_asking.html", selectors.asking(account, most=MOST))
    shown = _rows(request, "contributions/_me.html", selectors.by_person(account, account, most=MOST))
    unseen = selectors.out_of_sight(account)
    rest = render_to_string("contributions/_unseen.html", {"unseen": unseen}, request) if unseen else ""
    return asking + shown + rest


def _rows(request: HttpRequest, template: str, found: list[Any]) -> str:
    return render_to_string(template, {"rows": [row(each) for each in found]}, request) if found else ""
