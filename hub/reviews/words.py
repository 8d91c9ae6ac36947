"""What verdicts, efforts and connections are called, in the reader's language."""

from collections.abc import Callable, Iterable, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from hub import names
from hub.reviews import conflicts

VERDICTS: Mapping[str, Promise] = {
    "accept": pgettext_lazy("verdict", "Accept"),
    "ask": pgettext_lazy("verdict", "Ask for changes"),
    "decline": pgettext_lazy("verdict", "Decline"),
}
DECIDED: Mapping[str, Promise] = {
    "accept": pgettext_lazy("verdict", "accepted"),
    "ask": pgettext_lazy("verdict", "changes asked for"),
    "decline": pgettext_lazy("verdict", "declined"),
}
# What an effort stands for. The numbers grow like guesses do: the larger, the coarser.
EFFORTS: Mapping[int, tuple[Promise, Promise]] = {
    1: (gettext_lazy("minutes"), gettext_lazy("a typing error, one sentence, one wrong label")),
    2: (gettext_lazy("about an hour"), gettext_lazy("a section of the card, a few records corrected")),
    3: (gettext_lazy("half a day"), gettext_lazy("a clear script, a small table checked row by row")),
    5: (gettext_lazy("a day or two"), gettext_lazy("a tuning with its measurements, a new table cleaned")),
    8: (gettext_lazy("about a week"), gettext_lazy("a model trained and measured, several hundred labels")),
    13: (gettext_lazy("two or three weeks"), gettext_lazy("a new dataset with its method and its card")),
    21: (gettext_lazy("a month or more"), gettext_lazy("a dataset or a model that others will build on for years")),
}
QUALITY: Iterable[tuple[str, Promise, Promise]] = (
    ("90–100", gettext_lazy("exemplary"), gettext_lazy("measured, explained, repeatable; nothing to add")),
    ("70–89", gettext_lazy("good"), gettext_lazy("right and useful; small things are missing")),
    ("50–69", gettext_lazy("usable"), gettext_lazy("it works, but somebody will have to come back to it")),
    ("0–49", gettext_lazy("not usable as it is"), gettext_lazy("wrong, not measured, or nobody can repeat it")),
)

_CONFLICTS: Mapping[str, Callable[[], str]] = {
    conflicts.ORGANISATION: lambda: _("You and %(name)s are members of one organisation."),
    conflicts.MAINTAINERS: lambda: _("You and %(name)s maintain a repository together."),
    conflicts.CO_AUTHORS: lambda: _("You and %(name)s are authors of another contribution together."),
    conflicts.REVIEWED: lambda: _("%(name)s has judged work of yours within the last 90 days."),
}


def conflict(found: conflicts.Conflict) -> str:
    return _CONFLICTS[found.code]() % {"name": names.account(found.other).text}
