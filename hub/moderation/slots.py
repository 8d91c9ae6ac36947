"""What moderators see on pages of the rooms below: the way to take down a file, and to redact words beside an entry."""

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.template.loader import render_to_string

from hub.moderation import redacting
from hub.repositories import links
from ledger.records import EntryView
from web import slots

if TYPE_CHECKING:
    from hub.repositories.reading import FileView


def register() -> None:
    slots.register("file.aside", _file)
    slots.register("ledger.entry", _entry, order=50)
    slots.register("me.sections", _me, order=20)


def _is_moderator(request: HttpRequest) -> bool:
    user: Any = request.user
    return bool(user.is_authenticated and user.is_active and user.moderator)


def _me(request: HttpRequest, account: Any) -> str:
    return render_to_string("moderation/_me.html", {}, request) if _is_moderator(request) else ""


def _file(request: HttpRequest, file: "FileView") -> str:
    if not _is_moderator(request) or file.blob.taken_down is not None:
        return ""
    return render_to_string("moderation/_file.html", {"file": file}, request)


def _entry(request: HttpRequest, entry: EntryView) -> str:
    """Which words of the entry a moderator redacted, for everybody; and for moderators the way to redact more."""
    found = [(group, redacting.redaction_of(entry, group)) for group in entry.digests if group in entry.erased]
    redacted = [
        {"group": group, "url": links.entry(by.leaf_index), "reason": redacting.reason_words(by.data["reason"])}
        for group, by in found
        if by is not None
    ]
    groups = redacting.redactable_groups(entry) if _is_moderator(request) else []
    if not redacted and not groups:
        return ""
    return render_to_string("moderation/_entry.html", {"entry": entry, "redacted": redacted, "groups": groups}, request)
