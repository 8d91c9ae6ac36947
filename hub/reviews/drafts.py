"""The exact sentences that a verdict, an appeal or an assessment will leave in the log, before it does."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from hub.contributions import selectors as contributions
from hub.events import REVIEW_REASONS
from ledger.describing import describe
from ledger.records import EntryView

if TYPE_CHECKING:
    from hub.accounts.models import Account
    from hub.contributions.models import Contribution
    from hub.repositories.models import Revision
    from hub.reviews.models import Work


@dataclass(frozen=True)
class Draft:
    """One sentence, and the choices with which it becomes true."""

    text: str
    verdict: str
    reason: str = ""


def verdicts(account: "Account", contribution: "Contribution") -> list[Draft]:
    """The sentence of every verdict that can be given, with every reason. Looked up at once."""
    reviewed = _reviewed(contribution)
    wanted: list[tuple[str, str, str, dict[str, Any]]] = []
    wanted.append(("accept", "", "contribution.accepted", {"result": contribution.repository.revision_count + 1}))
    for reason in REVIEW_REASONS:
        wanted.append(("ask", reason, "review.submitted", {"verdict": "ask", "reason": reason}))
        wanted.append(("decline", reason, "contribution.declined", {"reason": reason}))
    entries = [
        _entry(account, event_type, f"contrib:{contribution.pk}", {**reviewed, **more})
        for _verdict, _reason, event_type, more in wanted
    ]
    texts = [sentence.text for sentence in describe(entries, account)]
    return [Draft(text, verdict, reason) for text, (verdict, reason, *_) in zip(texts, wanted, strict=True)]


def appeal(account: "Account", contribution: "Contribution") -> str:
    entry = _entry(account, "contribution.appealed", f"contrib:{contribution.pk}", _reviewed(contribution))
    return describe([entry], account)[0].text


def submission(account: "Account", revision: "Revision") -> str:
    data = {"repo": f"repo:{revision.repository_id}"}
    return describe([_entry(account, "work.submitted", f"rev:{revision.pk}", data)], account)[0].text


def assessment(account: "Account", work: "Work", effort: Any, quality: Any) -> str:
    data = {
        "repo": f"repo:{work.repository_id}", "revision": f"rev:{work.revision_id}", "effort": effort, "quality": quality,
    }  # fmt: skip
    return describe([_entry(account, "assessment.made", work.key, data)], account)[0].text


def _reviewed(contribution: "Contribution") -> dict[str, Any]:
    return {
        "repo": f"repo:{contribution.repository_id}",
        "number": contribution.number,
        "author": contribution.contributor.actor,
        "revision": f"rev:{contributions.newest_proposal(contribution).revision_id}",
    }


def _entry(account: "Account", event_type: str, subject: str, data: Mapping[str, Any]) -> EntryView:
    return EntryView(
        uid=uuid.uuid4(),
        leaf_index=None,
        type=event_type,
        subject=subject,
        actor=account.actor,
        time=timezone.now(),
        data=dict(data),
        details={},
        body=b"",
        leaf_hash=b"",
        related=tuple(_subjects(data.values())),
    )


def _subjects(values: Iterable[Any]) -> Iterable[str]:
    return (value for value in values if isinstance(value, str) and value.partition(":")[0] in {"repo", "rev", "acct"})
