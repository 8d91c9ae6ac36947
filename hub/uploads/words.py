"""Sentences for refusals and failures, in the reader's language."""

from collections.abc import Callable

from django.utils.translation import gettext as _

from hub.uploads.rules import Reason, Refusal
from web.templatetags.display import filesize_iec

_REFUSALS: dict[Reason, Callable[[], str]] = {
    Reason.EMPTY_NAME: lambda: _("The file needs a name."),
    Reason.LONG_NAME: lambda: _("The name is too long: a path may have 512 bytes, each part of it 255."),
    Reason.NOT_A_PATH: lambda: _(
        "The name must be a path inside the repository: no leading slash, no backslash, no “.” or “..”, "
        "and no spaces at the ends of its parts."
    ),
    Reason.CONTROL_CHARACTER: lambda: _(
        "The name has a character that cannot be seen. Rename the file and add it again."
    ),
    Reason.NOT_NFC: lambda: _("The name must be in Unicode normal form C."),
    Reason.GIT_FOLDER: lambda: _("A folder named .git cannot be part of a repository here."),
    Reason.PICKLE: lambda: _(
        "Pickle files can run code when they are opened. Save the data as CSV, Parquet or JSON, or a model as safetensors "
        "or ONNX, and add that."
    ),
    Reason.PICKLED_WEIGHTS: lambda: _(
        "Weights in this format are pickles, and pickles can run code when they are opened. Save them as safetensors and "
        "add that."
    ),
    Reason.NEGATIVE_SIZE: lambda: _("The size must be a whole number of bytes, 0 or more."),
}


def refusal(refused: Refusal) -> str:
    """Why a file is not accepted and what to do instead."""
    if refused.reason is Reason.TOO_LARGE:
        return _(
            "The file is larger than %(limit)s, the most that one file may have. Split it, and add the pieces."
        ) % {"limit": filesize_iec(refused.limit)}
    return _REFUSALS[refused.reason]()


def over_quota(size: int, free: int, quota: int) -> str:
    return _(
        "The file has %(size)s, but only %(free)s of your %(quota)s are free. Remove files that you have not published, "
        "or send a smaller one."
    ) % {"size": filesize_iec(size), "free": filesize_iec(max(free, 0)), "quota": filesize_iec(quota)}


_FAILURES: dict[str, Callable[[], str]] = {
    "parts_differ": lambda: _("Some parts changed after they arrived. They have to be sent again."),
    "digest_differs": lambda: _(
        "The file that arrived is not the file whose digest was sent. Parts that differ have to be sent again."
    ),
    "no_room": lambda: _(
        "There is no room for this file on our side just now. The check is tried again by itself; nothing has to be sent again."
    ),
    "disk_failed": lambda: _(
        "Something on our side could not be read or written. The check is tried again by itself; nothing has to be sent again."
    ),
    "gave_up": lambda: _(
        "For a day our side could not check this file. Try it again; what has arrived need not be sent again."
    ),
    "taken_down": lambda: _("These bytes were taken down here and cannot be stored again."),
}


def failure(code: str) -> str:
    """What went wrong with an upload in state `failed`, or why one in state `checking` waits; empty when nothing did."""
    return _FAILURES[code]() if code else ""
