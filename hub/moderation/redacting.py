"""Redaction: a moderator erases one group of words beside an entry. The entry stays, and so does every proof of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from hub import events, phrases, redactable
from hub.accounts import selectors as accounts
from hub.accounts.moderators import require_moderator
from hub.accounts.services import to_milliseconds
from hub.errors import Conflict, Invalid, NotFound
from hub.uploads import takedowns
from ledger import selectors as ledger
from ledger import services
from ledger.records import EntryView
from ledger.services import Entry
from web import idempotency

if TYPE_CHECKING:
    from hub.accounts.models import Account

REASONS = takedowns.REASONS


def reason_words(code: str) -> str:
    """A removal's reason in the reader's language."""
    return str(phrases.REMOVAL_REASONS.get(code, code))


def redactable_groups(entry: EntryView) -> list[str]:
    """The groups of this entry that a moderator may redact now."""
    return [
        group for group in entry.digests if group not in entry.erased and redactable.is_redactable(entry.type, group)
    ]


def described(entry: EntryView, group: str, reason: str) -> tuple[str, dict[str, Any]]:
    """Subject and data of the entry that redacting this group leaves. Raises NotFound, Conflict and Invalid at `group`."""
    if group not in entry.digests:
        raise NotFound(_("This entry has no words of this name beside it."))
    if group in entry.erased:
        raise Conflict(_("These words are erased already."))
    if not redactable.is_redactable(entry.type, group):
        raise Invalid(
            "group",
            _("These words cannot be redacted by themselves. A handle goes with its account, a name by renaming."),
        )
    return entry.subject, {"digest": entry.digests[group].hex(), "reason": reason}


def redact(*, account: "Account", index: int, group: str, reason: str, words: str = "", now: datetime) -> EntryView:
    """Erase the words of one details group, its salt, and what repeats them in the tables, for good.

    One transaction with the entry `content.redacted`, which names the group by its digest. `words` stand beside that
    entry. Raises NotAllowed, NotFound, Conflict, and Invalid (group, reason, words). Returns the new entry.
    """
    if reason not in REASONS:
        raise Invalid("reason", _("Choose a reason."))
    said = takedowns.removal_words(words)
    require_moderator(account)
    found = ledger.find_entry(index)
    if found is None:
        raise NotFound(_("The log has no entry with this number."))
    described(found, group, reason)
    with transaction.atomic():
        # Rows of repositories and contributions are locked before those of accounts, as everywhere; the entry before
        # both, so that two moderators who redact the same words do it once.
        Entry.objects.select_for_update().get(uid=found.uid)
        entry = ledger.entry_by_uid(found.uid)
        subject, data = described(entry, group, reason)
        redactable.forget(entry, group)
        require_moderator(account)
        details = {"reason": {"reason": said}} if said else {}
        made = events.record(
            "content.redacted",
            subject=subject,
            actor=account,
            data=data,
            details=details,
            now=to_milliseconds(now),
        )
        services.erase_details(entry.uid, group)
        _forget_answers(entry)
    return ledger.entry_by_uid(made.uid)


def _forget_answers(entry: EntryView) -> None:
    """Kept answers may repeat the words: those to whoever wrote them, and everybody's about what they are said of."""
    if entry.actor.startswith("acct:"):
        idempotency.blank(accounts.account_by_pseudonym(entry.actor.removeprefix("acct:")).pk)
    if name := entry.subject.partition(":")[2]:
        idempotency.blank(containing=name)


def redaction_of(entry: EntryView, group: str) -> EntryView | None:
    """The entry that redacted this group, if one did."""
    if group not in entry.erased:
        return None
    wanted = entry.digests[group].hex()
    rows: Sequence[EntryView] = list(ledger.later_entries(entry, ["content.redacted"]))
    return next((each for each in rows if each.data.get("digest") == wanted), None)


def restore(told: EntryView) -> bool:
    """Erase again what an entry `content.redacted` says, after an older backup was restored. True if it was back."""
    for entry in ledger.entries_with_subject(told.subject):
        for group, digest in entry.digests.items():
            if digest.hex() == told.data["digest"] and group not in entry.erased:
                redactable.forget(entry, group)
                services.erase_details(entry.uid, group)
                return True
    return False
