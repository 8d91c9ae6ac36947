"""Where a contribution stands and what happens next, in whole sentences."""

from collections.abc import Mapping
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from hub.contributions.models import Contribution
from hub.contributions.selectors import appeal_until

STATES: Mapping[str, Promise] = {
    "open": pgettext_lazy("state of a contribution", "waits for a decision"),
    "asked": pgettext_lazy("state of a contribution", "changes asked for"),
    "accepted": pgettext_lazy("state of a contribution", "accepted"),
    "declined": pgettext_lazy("state of a contribution", "declined"),
    "withdrawn": pgettext_lazy("state of a contribution", "withdrawn"),
}
# Heads of the list, where several stand together.
FILTERS: Mapping[str, Promise] = {
    "": pgettext_lazy("contributions", "All"),
    "open": pgettext_lazy("contributions", "Waiting for a decision"),
    "asked": pgettext_lazy("contributions", "Changes asked for"),
    "accepted": pgettext_lazy("contributions", "Accepted"),
    "declined": pgettext_lazy("contributions", "Declined"),
    "withdrawn": pgettext_lazy("contributions", "Withdrawn"),
}
TONES: Mapping[str, str] = {"accepted": "ok", "asked": "warn", "declined": "bad"}

_OPEN: Mapping[bool, Promise] = {
    True: gettext_lazy("An owner or a maintainer decides next. Until then you can change or withdraw it."),
    False: gettext_lazy("An owner or a maintainer of the repository decides next."),
}
_APPEALED: Mapping[bool, Promise] = {
    True: gettext_lazy("It was declined and you appealed. Somebody else decides next."),
    False: gettext_lazy("It was declined and its author appealed. Somebody else decides next."),
}
_ASKED: Mapping[bool, Promise] = {
    True: gettext_lazy("Send a new version, and it waits for a decision again."),
    False: gettext_lazy("Its author sends a new version, or withdraws it."),
}
_DECLINED: Mapping[bool, Promise] = {
    True: gettext_lazy("You may appeal once; somebody else decides then."),
    False: gettext_lazy("Its author may appeal once; somebody else decides then."),
}
_TOO_LATE = gettext_lazy("The time to appeal is over.")
_ENDED: Mapping[str, Promise] = {
    "accepted": gettext_lazy("It is part of the repository."),
    "declined": gettext_lazy("An appeal did not change that. It is final."),
    "withdrawn": gettext_lazy("Its author withdrew it before it was decided."),
}


def what_next(contribution: Contribution, now: datetime, *, own: bool) -> str:
    """One sentence or two; `own` says that its contributor reads them."""
    state, appealed = contribution.state, contribution.appealed is not None
    if state == "open":
        return str(_APPEALED[own] if appealed else _OPEN[own])
    if state == "asked":
        return str(_ASKED[own])
    if state == "declined" and not appealed:
        return str(_DECLINED[own] if appeal_until(contribution, now) else _TOO_LATE)
    return str(_ENDED[state])


def title_or_number(contribution: Contribution) -> str:
    """Its title; its number once the title is erased, so that links and headings always say something."""
    return contribution.title or _("Contribution %(n)s") % {"n": contribution.number}
