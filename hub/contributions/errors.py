"""What contributions refuse beyond the hub's own errors."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hub.errors import Conflict, NotFound, OverQuota


class ContributionNotFound(NotFound):
    """No contribution of this number in the repository, or none that this viewer may see."""

    def __init__(self) -> None:
        super().__init__(_("There is no contribution here that you may see."))


class Over(Conflict):
    """It was accepted, declined or withdrawn already."""

    def __init__(self) -> None:
        super().__init__(_("This contribution has come to its end already. Load the page again."))


class TooLate(Conflict):
    """It was declined so long ago that nobody may appeal any more; its files are gone, or go."""

    def __init__(self) -> None:
        super().__init__(_("It is too late to appeal: that is possible for 30 days, as long as the files are kept."))


class NewerProposal(Conflict):
    """There is a newer version than the one that the caller looked at."""

    def __init__(self) -> None:
        super().__init__(_("There is a newer version of this contribution. Load the page again and look at it first."))


class StaleBase(Conflict):
    """The repository has moved on since the proposal was made."""

    def __init__(self) -> None:
        super().__init__(
            _("The repository has changed since this was proposed. It has to be moved to the newest revision first.")
        )


class TooManyOpen(OverQuota):
    """As many proposals as there may be wait already."""


class PathsCollide(Conflict):
    """Both the proposal and the repository changed these paths, and nobody has said which side counts."""

    def __init__(self, paths: Sequence[str]) -> None:
        words = ngettext(
            "The repository has changed %(count)d file that this changes too: %(path)s. Say which side counts.",
            "The repository has changed %(count)d files that this changes too, such as %(path)s. Say which side counts.",
            len(paths),
        )
        super().__init__(words % {"count": len(paths), "path": paths[0][:200]})
        self.paths = list(paths)
