"""The works of an epoch: which became payable, with which signals, and the ancestors that share in it.

A work becomes payable in the first epoch whose cutoff covers enough valid assessments; its signals are frozen there, and
the assessments become works of their own. Epochs whose distribution was cancelled do not count, so a later one takes
their works. Pure: everything follows from the record, and so from the log alone.
"""

from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple

from rewards.errors import EpochRefused
from rewards.inputs import Edge, EpochInput, Work
from rewards.lineage import parents
from rewards.policy import WHOLE, Policy
from rewards.record import TYPES, Assessment, LogEntry, Record, Submission, fold

__all__ = ["TYPES", "LogEntry", "Record", "epoch_input", "fold", "last_paid", "lower_median", "newly_payable"]

EDGE_WEIGHT = 10_000
REVIEW_QUALITY = 60
REVIEW_EFFORT = 5


class Round(NamedTuple):
    """An epoch that paid, or the one that is being computed."""

    epoch: int
    cutoff: int
    policy: Policy


class Payable(NamedTuple):
    """The epoch in which a work became payable, and what was known of it then."""

    round: Round
    assessments: list[Assessment]


def epoch_input(record: Record, epoch: int, budget_wei: int) -> EpochInput:
    """What the rule takes for the epoch whose cutoff is the record's size.

    Raises `EpochRefused` when there is no policy, a later epoch was closed before, or an earlier one is not decided.
    """
    rounds = _rounds(record, epoch)
    payable = {work.id: _payable(record, work, rounds) for work in record.submissions.values()}
    lineage = parents(record.submissions.values(), record.revisions)
    now = rounds[-1]
    initial = [work for work in record.submissions.values() if _is_new(payable[work.id], epoch)]
    wanted = _with_ancestors((work.sequence for work in initial), lineage)
    works = [
        _work(record, work, payable[work.id], now) for work in record.submissions.values() if work.sequence in wanted
    ]
    for each in initial:
        works += _reviews(payable[each.id])
    edges = [Edge(child, parent, EDGE_WEIGHT) for child in wanted for parent in lineage[child]]
    return EpochInput(
        epoch=epoch,
        budget_wei=budget_wei,
        policy=now.policy,
        works=sorted(works, key=lambda work: work.sequence),
        edges=sorted(edges),
    )


def newly_payable(record: Record, epoch: int) -> list[str]:
    """The ids of the works that would become payable if the epoch closed at the record's size, in their order."""
    rounds = _rounds(record, epoch)
    works = record.submissions.values()
    return [work.id for work in works if _is_new(_payable(record, work, rounds), epoch)]


def last_paid(record: Record) -> int | None:
    """The newest epoch whose distribution was finalized, if there is one: the one that `previous` must be of."""
    return max((closing.epoch for closing in record.closings if record.decided.get(closing.epoch)), default=None)


def lower_median(values: Iterable[int]) -> int:
    """The middle value, or the lower of the two."""
    ordered = sorted(values)
    return ordered[(len(ordered) - 1) // 2]


def _rounds(record: Record, epoch: int) -> list[Round]:
    """The epochs that paid, then this one."""
    found = []
    for closing in record.closings:
        if closing.epoch >= epoch:
            raise EpochRefused(f"Epoch {closing.epoch} is closed already, so epoch {epoch} cannot be computed.")
        if closing.epoch not in record.decided:
            raise EpochRefused(f"Epoch {closing.epoch} is neither finalized nor cancelled below the cutoff.")
        if record.decided[closing.epoch]:
            found.append(Round(closing.epoch, closing.cutoff, record.policy_at(closing.epoch, closing.cutoff)))
    return [*found, Round(epoch, record.size, record.policy_at(epoch, record.size))]


def _payable(record: Record, work: Submission, rounds: list[Round]) -> Payable | None:
    """In which of the epochs a work became payable, if in any."""
    made, revision = record.assessments.get(work.id), record.revisions.get(work.revision)
    if not made or revision is None:
        return None
    first = max(made[0].leaf, revision.leaf)
    for each in rounds[bisect_right(rounds, first, key=lambda each: each.cutoff) :]:
        known = [assessment for assessment in made if assessment.leaf < each.cutoff]
        if len(known) >= each.policy.min_reviews:
            return Payable(each, known)
    return None


def _is_new(payable: Payable | None, epoch: int) -> bool:
    return payable is not None and payable.round.epoch == epoch


def _with_ancestors(sequences: Iterable[int], lineage: dict[int, list[int]]) -> set[int]:
    found: set[int] = set()
    waiting = list(sequences)
    while waiting:
        sequence = waiting.pop()
        if sequence not in found:
            found.add(sequence)
            waiting += lineage[sequence]
    return found


def _work(record: Record, work: Submission, payable: Payable | None, now: Round) -> Work:
    made = payable.assessments if payable else []
    policy = payable.round.policy if payable else now.policy
    quality = lower_median(each.quality for each in made) if made else 0
    revision = record.revisions.get(work.revision)
    return Work(
        id=work.id,
        sequence=work.sequence,
        kind=work.kind,
        owners=work.owners,
        initial=_is_new(payable, now.epoch),
        standing=payable is not None and quality >= policy.quality_floor,
        accepted_epoch=payable.round.epoch if payable else None,
        effort=lower_median(each.effort for each in made) if made else 0,
        quality=quality,
        reviews=len(made),
        gain_bps=0,
        usage=0,
        openness=policy.openness_of(revision.licence if revision else ""),
        originality_bps=WHOLE,
    )


def _reviews(payable: Payable | None) -> list[Work]:
    """The assessments of a newly payable work, as works: paid for the work done, never for agreeing with others."""
    if payable is None:
        return []
    made, policy = payable.assessments, payable.round.policy
    effort = min(REVIEW_EFFORT, lower_median(each.effort for each in made))
    return [
        Work(
            id=f"review:{each.leaf}",
            sequence=each.leaf,
            kind="review",
            owners=((each.assessor, WHOLE),),
            initial=True,
            standing=policy.quality_floor <= REVIEW_QUALITY,
            accepted_epoch=payable.round.epoch,
            effort=effort,
            quality=REVIEW_QUALITY,
            reviews=len(made),
            gain_bps=0,
            usage=0,
            openness="open",
            originality_bps=WHOLE,
        )
        for each in made
    ]
