"""The exact sentence that a removal will leave in the log, before it does."""

import uuid
from typing import TYPE_CHECKING

from django.utils import timezone

from hub.moderation import redacting
from hub.uploads import takedowns
from ledger.describing import describe
from ledger.records import EntryView

if TYPE_CHECKING:
    from hub.accounts.models import Account


def takedown(account: "Account", sha256: str, reason: str) -> str:
    return _sentence(account, "content.taken_down", *takedowns.described(sha256, reason))


def redaction(account: "Account", entry: EntryView, group: str, reason: str) -> str:
    return _sentence(account, "content.redacted", *redacting.described(entry, group, reason))


def _sentence(account: "Account", event_type: str, subject: str, data: dict[str, object]) -> str:
    """As everybody will read it, whoever asks."""
    entry = EntryView(
        uid=uuid.uuid4(),
        leaf_index=None,
        type=event_type,
        subject=subject,
        actor=account.actor,
        time=timezone.now(),
        data=data,
        details={},
        body=b"",
        leaf_hash=b"",
    )
    return describe([entry], None)[0].text
