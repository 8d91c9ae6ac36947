"""What verdicts, efforts and connections are called, in the reader's language."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy

from hub import names, phrases
from hub.contributions.words import title_or_number
from hub.reviews import checking, conflicts

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


def title_of(work: Any) -> str:
    """What a work is called: by its contribution's title, else by its revision's reason or number."""
    if work.contribution is not None:
        return title_or_number(work.contribution)
    first = str(work.revision.message).strip().partition("\n")[0][:200]
    return first or _("Revision %(number)d") % {"number": work.revision.number}


# --- checks --------------------------------------------------------------------------------------
@dataclass(frozen=True)
class CheckRow:
    """One check as `components/check_list.html` takes it."""

    name: str
    state: str
    detail: str
    value: str = ""
    mono: bool = False


def check_rows(checks: Mapping[str, Any], connected: Iterable[str] = ()) -> list[CheckRow]:
    """What frozen checks say. `connected` are the sentences about connections, where their reader may know them."""
    found = {str(check["name"]): check for check in checks["checks"]}
    rows = [
        _base_row(found["base"]),
        _licence_row(found["licence"]),
        _sources_row(found["sources"]),
        _metrics_row(found["metrics"]),
        _files_row(found["files"]),
    ]
    return [*rows, _interests_row(found["interests"], list(connected))] if "interests" in found else rows


def _base_row(check: Mapping[str, Any]) -> CheckRow:
    if check["result"] == "stale":
        words = _(
            "The repository has changed since. It has to be moved to the newest revision before it can be accepted."
        )
        return CheckRow(_("Builds on the newest revision"), "bad", words)
    return CheckRow(_("Builds on the newest revision"), "ok", "")


def _licence_row(check: Mapping[str, Any]) -> CheckRow:
    after, before = str(check.get("after", "")), str(check.get("before", ""))
    details = {
        "same": _("%(licence)s, as before"),
        "changed": _("%(licence)s, before %(before)s") if before else _("%(licence)s, before none"),
        "restricted": _("%(licence)s forbids some uses, users or changes"),
        "unstated": _("none stated: nobody may rely on any permission"),
    }
    detail = details[check["result"]] % {"licence": after, "before": before}
    return CheckRow(pgettext("check", "Licence"), "ok" if check["result"] == "same" else "warn", detail)


def _sources_row(check: Mapping[str, Any]) -> CheckRow:
    pinned, outside = int(check["pinned"]), int(check["outside"])
    name = pgettext("check", "Sources")
    if check["result"] == "none":
        return CheckRow(name, "ok", _("its card names none"))
    if check["result"] == "pinned":
        words = ngettext("%(n)d, pinned to its revision", "%(n)d, each pinned to its revision", pinned) % {"n": pinned}
        return CheckRow(name, "ok", words)
    words = ngettext("%(n)d outside this hub, not checked", "%(n)d outside this hub, not checked", outside)
    return CheckRow(name, "warn", words % {"n": outside})


_METRICS: Mapping[str, tuple[str, Callable[[], str]]] = {
    "better": ("ok", lambda: _("better than before")),
    "same": ("ok", lambda: _("the same as before")),
    "new": ("ok", lambda: _("measured for the first time")),
    "none": ("ok", lambda: _("nothing was measured")),
    "worse": ("warn", lambda: _("worse than before")),
    "mixed": ("warn", lambda: _("some are better, some are worse")),
    "incomparable": ("warn", lambda: _("measured in another way than before")),
}


def _metrics_row(check: Mapping[str, Any]) -> CheckRow:
    state, detail = _METRICS[check["result"]]
    value = "" if check["result"] == "none" else str(len(check["rows"]))
    return CheckRow(pgettext("check", "Measurements"), state, detail(), value)


def _files_row(check: Mapping[str, Any]) -> CheckRow:
    total = sum(int(check[action]) for action in ("added", "changed", "removed"))
    at_fault = len(check["at_fault"])
    refused = ngettext(
        "%(n)d is of a kind that is no longer taken", "%(n)d are of kinds that are no longer taken", at_fault
    )
    faults = {
        "refused": ("warn", refused),
        "damaged": ("bad", ngettext("the bytes of %(n)d are damaged", "the bytes of %(n)d are damaged", at_fault)),
        "gone": ("bad", ngettext("the bytes of %(n)d were taken down", "the bytes of %(n)d were taken down", at_fault)),
    }
    state, detail = faults.get(check["result"], ("ok", _("all are whole")))
    return CheckRow(pgettext("check", "Files"), state, detail % {"n": at_fault}, str(total))


def _interests_row(check: Mapping[str, Any], connected: list[str]) -> CheckRow:
    name = pgettext("check", "Independence")
    if check["result"] == "none":
        return CheckRow(name, "ok", _("nothing known here connects reviewer and authors"))
    if connected:
        return CheckRow(name, "warn", " ".join(connected))
    count = sum(found["kind"] != checking.UNDISCLOSED for found in check["conflicts"])
    if not count:
        return CheckRow(name, "warn", _("something that is not public connects reviewer and authors"))
    words = ngettext("%(n)d connection of reviewer and authors", "%(n)d connections of reviewer and authors", count)
    if count < len(check["conflicts"]):
        words = ngettext(
            "%(n)d connection of reviewer and authors, and something that is not public",
            "%(n)d connections of reviewer and authors, and something that is not public",
            count,
        )
    return CheckRow(name, "warn", words % {"n": count})


def reason(code: str) -> str:
    """A reason code in words; empty for none."""
    return str(phrases.REVIEW_REASONS[code]) if code else ""


def read(body: bytes) -> dict[str, Any]:
    """Frozen checks, which were canonical when they were frozen."""
    found: dict[str, Any] = json.loads(body)
    return found
