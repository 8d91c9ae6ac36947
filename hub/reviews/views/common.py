"""What the pages of reviews share."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from hub import names, pieces

if TYPE_CHECKING:
    from hub.accounts.models import Account


def account_of(request: HttpRequest) -> "Account":
    """The signed-in account; such views are behind `signed_in`."""
    return cast("Account", request.user)


def listed(people: "Iterable[Account]") -> SafeString:
    """People by name, divided by commas; each leads to their page."""
    return format_html_join(", ", "{}", ((pieces.named(names.account(person)).html,) for person in people))
