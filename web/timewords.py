"""Moments and lengths of time in words. Nothing here reads a clock."""

from datetime import UTC, date, datetime
from typing import Any

from django.utils import dateformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext


def moment(value: Any) -> datetime | None:
    """A moment in UTC from a datetime (naive ones are UTC), date, ISO 8601 text or Unix seconds; None for anything else."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.replace("Z", "+00:00"))
        except ValueError:
            return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = _from_seconds(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    if not isinstance(value, datetime):
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _from_seconds(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _age(seconds: float) -> str:
    minutes, hours, days = int(seconds // 60), int(seconds // 3600), int(seconds // 86_400)
    if minutes < 1:
        return _("just now")
    if hours < 1:
        return ngettext("%(n)d min ago", "%(n)d min ago", minutes) % {"n": minutes}
    if days < 1:
        return ngettext("%(n)d h ago", "%(n)d h ago", hours) % {"n": hours}
    return ngettext("%(n)d day ago", "%(n)d days ago", days) % {"n": days}


def _ahead(seconds: float) -> str:
    minutes, hours, days = int(seconds // 60), int(seconds // 3600), int(seconds // 86_400)
    if minutes < 1:
        return _("in a moment")
    if hours < 1:
        return ngettext("in %(n)d min", "in %(n)d min", minutes) % {"n": minutes}
    if days < 1:
        return ngettext("in %(n)d h", "in %(n)d h", hours) % {"n": hours}
    return ngettext("in %(n)d day", "in %(n)d days", days) % {"n": days}


def _short_age(seconds: float) -> str:
    minutes, hours, days = int(seconds // 60), int(seconds // 3600), int(seconds // 86_400)
    if minutes < 1:
        return _("just now")
    if hours < 1:
        return pgettext("age", "%(n)d min") % {"n": minutes}
    if days < 1:
        return pgettext("age", "%(n)d h") % {"n": hours}
    return pgettext("age", "%(n)d d") % {"n": days}


def _relative(moment: datetime, now: datetime) -> str:
    seconds = (now - moment).total_seconds()
    if abs(seconds) >= 60 * 86_400:
        return dateformat.format(moment, pgettext("date", "j M Y"))
    return _age(seconds) if seconds >= 0 else _ahead(-seconds)


def worded(moment: datetime, now: datetime, style: str) -> str:
    """`moment` in one of the styles of the `time` tag; an unknown style is `datetime`."""
    if style == "relative":
        return _relative(moment, now)
    if style == "age":
        return _short_age((now - moment).total_seconds())
    if style == "date":
        return dateformat.format(moment, pgettext("date", "j F Y"))
    if style == "stamp":
        this_year = moment.year == now.year
        return dateformat.format(moment, pgettext("date", "j M, H:i") if this_year else pgettext("date", "j M Y, H:i"))
    shape = pgettext("date", "j F Y, H:i:s") if style == "seconds" else pgettext("date", "j F Y, H:i")
    return pgettext("date", "%(moment)s UTC") % {"moment": dateformat.format(moment, shape)}


def duration(seconds: float) -> str:
    """A length of time in the largest fitting unit: `40 s`, `12 min`, `2 h`, `3 days`."""
    whole = round(seconds)
    if whole < 90:
        return pgettext("duration", "%(n)d s") % {"n": whole}
    if whole < 90 * 60:
        return pgettext("duration", "%(n)d min") % {"n": round(whole / 60)}
    if whole < 36 * 3600:
        return pgettext("duration", "%(n)d h") % {"n": round(whole / 3600)}
    days = round(whole / 86_400)
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
