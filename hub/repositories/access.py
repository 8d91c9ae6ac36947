"""Who may see and change a repository: the table of DESIGN section 5 as queries. Every other module asks here."""

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from hub.errors import NotAllowed
from hub.repositories.errors import Withdrawn
from hub.repositories.models import Maintainer, Repository

if TYPE_CHECKING:
    from hub.accounts.models import Account


class Role(StrEnum):
    """What somebody is to a repository, strongest first."""

    OWNER = "owner"
    MAINTAINER = "maintainer"
    READER = "reader"


_OF_MEMBERSHIP = {"owner": Role.OWNER, "maintainer": Role.MAINTAINER, "member": Role.READER}


def account_of(viewer: Any) -> "Account | None":
    """The signed-in account behind `request.user`, or None for everybody else."""
    usable = viewer is not None and viewer.is_authenticated and viewer.is_active
    return viewer if usable else None


def role_of(viewer: Any, repository: Repository) -> Role | None:
    """The viewer's role: as owner, through the owning organisation, or as a named maintainer."""
    account = account_of(viewer)
    if account is None:
        return None
    if repository.owner_id == account.pk:
        return Role.OWNER
    role = account.memberships.filter(organisation_id=repository.owner_id).values_list("role", flat=True).first()
    found = _OF_MEMBERSHIP.get(role or "")
    if found in {Role.OWNER, Role.MAINTAINER}:
        return found
    named = Maintainer.objects.filter(repository=repository, account=account).exists()
    return Role.MAINTAINER if named else found


def may_read(viewer: Any, repository: Repository) -> bool:
    public = repository.visibility == Repository.Visibility.PUBLIC
    return repository.withdrawn is None and (public or role_of(viewer, repository) is not None)


def may_publish(viewer: Any, repository: Repository) -> bool:
    """Publish directly, edit the card, move branches, merge."""
    return repository.withdrawn is None and role_of(viewer, repository) in {Role.OWNER, Role.MAINTAINER}


def may_change(viewer: Any, repository: Repository) -> bool:
    """Settings, visibility, name, maintainers, withdrawal."""
    return repository.withdrawn is None and role_of(viewer, repository) is Role.OWNER


def require_publisher(account: "Account", repository: Repository) -> None:
    _refuse_withdrawn(repository)
    if not may_publish(account, repository):
        raise NotAllowed(_("Only its owner and its maintainers may publish in this repository."))


def require_owner(account: "Account", repository: Repository) -> None:
    _refuse_withdrawn(repository)
    if not may_change(account, repository):
        raise NotAllowed(_("Only its owner may change the settings of this repository."))


def _refuse_withdrawn(repository: Repository) -> None:
    if repository.withdrawn is not None:
        raise Withdrawn


def may_own_here(account: "Account", owner: "Account") -> bool:
    """Whether `account` may create repositories in the name of `owner`: its own, or that of an organisation in which it is
    an owner or a maintainer. Of what a maintainer creates there, the organisation's owners alone change the settings.
    """
    if owner.pk == account.pk:
        return True
    return bool(account.memberships.filter(organisation=owner, role__in=("owner", "maintainer")).exists())


def owners_for(account: "Account") -> list["Account"]:
    """Itself, then the organisations in whose name it may create (`may_own_here`), by handle."""
    roles = account.memberships.filter(role__in=("owner", "maintainer")).select_related("organisation")
    return [account, *sorted((role.organisation for role in roles), key=lambda found: found.username.lower())]


def visible_to(viewer: Any) -> Q:
    """A condition on `Repository` for lists: not withdrawn, and public or the viewer's to read."""
    shown = Q(visibility=Repository.Visibility.PUBLIC)
    account = account_of(viewer)
    if account is not None:
        shown |= Q(owner=account)
        shown |= Q(owner__in=account.memberships.values("organisation"))
        shown |= Q(pk__in=Maintainer.objects.filter(account=account).values("repository"))
    return Q(withdrawn__isnull=True) & shown


def visible(viewer: Any) -> QuerySet[Repository]:
    return Repository.objects.filter(visible_to(viewer))
