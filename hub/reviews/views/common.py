"""What the pages of reviews share."""

from typing import TYPE_CHECKING, cast

from django.http import HttpRequest

from hub import names
from hub.repositories import links

if TYPE_CHECKING:
    from hub.accounts.models import Account
    from hub.contributions.models import Contribution


def account_of(request: HttpRequest) -> "Account":
    """The signed-in account; such views are behind `login_required`."""
    return cast("Account", request.user)


def contribution_url(contribution: "Contribution") -> str:
    """The contribution's own page, in its repository."""
    return names.contribution_url(links.repository(contribution.repository), contribution.number)
