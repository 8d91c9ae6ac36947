"""What this room refuses. Every message is a translated sentence that a person may read."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class WebError(Exception):
    """Root of everything the page and API plumbing refuses."""

    def __init__(self, message: str | Promise) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


class BadInput(WebError):
    """One parameter of the address, or one member of the body, cannot be read as what it must be."""

    def __init__(self, field: str, message: str | Promise) -> None:
        super().__init__(message)
        self.field = field


class BadCursor(WebError):
    """A page cursor that this site did not make, or made for another list."""

    def __init__(self) -> None:
        super().__init__(_("This page marker is not valid for this list. Start again from the first page."))


class RateLimited(WebError):
    """Too many requests from one caller. `retry_after` is in whole seconds, at least 1."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(_("Too many requests in a short time. Please wait a little and try again."))
        self.retry_after = retry_after
