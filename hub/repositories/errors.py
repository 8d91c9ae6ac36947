"""What repositories refuse beyond the hub's own errors. `code` is the Hugging Face Hub's `X-Error-Code` for it."""

from datetime import datetime

from django.utils.translation import gettext as _

from hub.errors import Conflict, Gone, NotFound
from hub.phrases import REMOVAL_REASONS


class RepositoryNotFound(NotFound):
    """No repository of this name, or none that this viewer may see; nobody can tell which."""

    code = "RepoNotFound"

    def __init__(self) -> None:
        super().__init__(_("There is no repository here that you may see."))


class RevisionNotFound(NotFound):
    """No branch, tag or commit of this name in the repository."""

    code = "RevisionNotFound"

    def __init__(self, rev: str) -> None:
        super().__init__(_("The repository has no branch, tag or commit called “%(rev)s”.") % {"rev": rev[:80]})


class PathNotFound(NotFound):
    """No file or folder of this path in the revision."""

    code = "EntryNotFound"

    def __init__(self, path: str) -> None:
        super().__init__(_("This revision has no file or folder called “%(path)s”.") % {"path": path[:200]})


class Withdrawn(Gone):
    """The owner withdrew the repository."""

    code = "RepoNotFound"

    def __init__(self) -> None:
        super().__init__(_("The owner has withdrawn this repository. Its entries stay in the log."))


class BytesGone(Gone):
    """The file stands in the revision, but its bytes cannot be handed out any more."""

    code = "EntryNotFound"


class TakenDown(BytesGone):
    """A moderator took the bytes down. `reason` is its code, `entry` the number of the entry that says so, None before it
    has one."""

    def __init__(self, reason: str, moment: datetime, entry: int | None) -> None:
        words = _("This file was taken down: %(reason)s. The entry in the log says when and by whom; its digest stays.")
        super().__init__(words % {"reason": REMOVAL_REASONS.get(reason, reason)})
        self.reason, self.moment, self.entry = reason, moment, entry


class DamagedTree(BytesGone):
    """A stored directory is not the one that its digest names."""

    def __init__(self) -> None:
        super().__init__(_("A folder of this revision is damaged or missing here. The operator has to repair it."))


class StaleParent(Conflict):
    """Somebody published since the caller looked."""

    def __init__(self, number: int) -> None:
        words = _("Revision %(number)d was published in the meantime. Load the page again and look at what changed.")
        super().__init__(words % {"number": number})
