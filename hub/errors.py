"""What a hub service refuses, and why. Every message is a translated sentence that a person may read.

Pages show the message beside the field or on an error page; the API turns each class into one RFC 9457 problem.
"""

from typing import TypeAlias

from django.utils.functional import Promise

Words: TypeAlias = str | Promise


class HubError(Exception):
    """Root of everything the hub refuses. `message` is for people; it names no internals."""

    def __init__(self, message: Words) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


class NotAllowed(HubError):
    """The account may not do this."""


class NotFound(HubError):
    """Nothing here that this viewer may see. The same words whether it is absent or hidden."""


class Gone(HubError):
    """It was here and was taken away; a tombstone says why."""


class Conflict(HubError):
    """The state it was asked for has passed: a taken name, a stale base, a second answer."""


class Invalid(HubError):
    """One field cannot be accepted as it is."""

    def __init__(self, field: str, message: Words) -> None:
        super().__init__(message)
        self.field = field


class OverQuota(HubError):
    """The bytes would not fit into the account's quota."""


class TooManyEntries(HubError):
    """The account has written as many entries as it may in an hour. `retry_after` is in seconds."""

    def __init__(self, message: Words, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after
