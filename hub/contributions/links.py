"""Addresses of the pages of contributions, in one place."""

from typing import TYPE_CHECKING

from hub import names
from hub.repositories import links as repositories

if TYPE_CHECKING:
    from hub.contributions.models import Contribution
    from hub.repositories.models import Repository


def listed(repository: "Repository") -> str:
    return f"{repositories.repository(repository)}/discussions"


def new(repository: "Repository") -> str:
    return f"{listed(repository)}/new"


def new_card(repository: "Repository") -> str:
    return f"{listed(repository)}/new/card"


def page(contribution: "Contribution") -> str:
    return names.contribution_url(repositories.repository(contribution.repository), contribution.number)


def update(contribution: "Contribution") -> str:
    return f"{page(contribution)}/update"


def update_card(contribution: "Contribution") -> str:
    return f"{page(contribution)}/update/card"


def rebase(contribution: "Contribution") -> str:
    return f"{page(contribution)}/rebase"
