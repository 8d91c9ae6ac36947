"""Computes a closed epoch: from the log's entries to the root, the public bundle, and the rows that pages read."""

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Model

from ledger import evidence as ledger
from ledger import selectors as log
from rewards import bundles, obstacles
from rewards.calculation import Calculation
from rewards.errors import EpochRefused
from rewards.models import Allocation, Epoch, Leaf, Royalty, WorkReward
from rewards.record import TYPES, LogEntry

logger = logging.getLogger(__name__)
State = Epoch.State
BATCH = 5_000
# How many disagreements a problem names.
_NAMED = 3


def compute_epoch(number: int, now: datetime) -> bool:
    """Compute a closed epoch, or make its files again where they are missing; whether it is computed now.

    What stops it is said on the epoch and tried again with the next call: the database disagrees with the log, the second
    program comes to another result, a bundle that was published before would change, the disk is full.
    """
    row = Epoch.objects.get(pk=number)
    if row.manifest and bundles.is_there(number, row.manifest):
        return True
    try:
        _refuse_disagreement(row)
        found, manifest = bundles.make(number, row.cutoff, log.checkpoint_at(row.cutoff).root.hex())
        if not row.manifest:
            _save(row, found, manifest)
    except Exception as error:
        if not obstacles.is_expected(error):
            logger.exception("epoch %d could not be computed", number)
        tell(number, obstacles.words(error))
        return False
    tell(number, "")
    return True


def tell(number: int, problem: str) -> None:
    """Say in public what stops an epoch, or that nothing does."""
    changed = Epoch.objects.filter(pk=number).exclude(problem=problem).update(problem=problem)
    if changed and problem:
        logger.error("epoch %d has to wait: %s", number, problem)


# --- the database against the log ----------------------------------------------------------------
def _refuse_disagreement(row: Epoch) -> None:
    """Money follows the log alone; a database that says something else is a fault that somebody must look at first."""
    found = list(islice(_disagreements(row), _NAMED))
    if found:
        raise EpochRefused(f"The database disagrees with the log: {'; '.join(found)}.")


def _disagreements(row: Epoch) -> Iterator[str]:
    """Disagreements about what this epoch follows from: found by the audits, and now among the entries that are new."""
    before = Epoch.objects.filter(number__lt=row.number).order_by("-number").first()
    start, subjects, new = before.cutoff if before else 0, {"log"}, []
    for leaf, body in ledger.bodies(TYPES, row.cutoff):
        entry = LogEntry.read(leaf, body)
        subjects.add(entry.subject)
        if leaf >= start:
            new.append(leaf)
    for open_ in log.open_mismatches():
        if open_.subject in subjects:
            yield f"{open_.subject}, {open_.table}.{open_.column}"
    for found in ledger.disagreements(new):
        yield f"{found.subject}, {found.table}.{found.column}"


# --- rows ----------------------------------------------------------------------------------------
def _save(row: Epoch, found: Calculation, manifest: str) -> None:
    """All rows of the epoch and its state, in one transaction."""
    settlement = found.settlement
    with transaction.atomic():
        locked = Epoch.objects.select_for_update().get(pk=row.pk)
        for model, rows in _rows(row, found):
            model._base_manager.filter(epoch=row).delete()
            while batch := list(islice(rows, BATCH)):
                model._base_manager.bulk_create(batch)
        locked.state = State.COMPUTED
        locked.manifest, locked.root = manifest, found.root
        locked.budget_wei, locked.allocated_wei = found.input.budget_wei, found.allocation.allocated_wei
        locked.credited_wei, locked.total_wei = settlement.credited_wei, settlement.total_wei
        locked.save()
    logger.info("epoch %d is computed: %s", row.number, manifest)


def _rows(row: Epoch, found: Calculation) -> list[tuple[type[Model], Iterator[Any]]]:
    accounts, leaves = found.allocation.accounts, found.settlement.leaves
    return [
        (WorkReward, iter(_works(row, found))),
        (Royalty, iter(_royalties(row, found))),
        (Allocation, (Allocation(epoch=row, pseudonym=account, wei=amount) for account, amount in accounts.items())),
        (Leaf, (Leaf(epoch=row, wallet=wallet, cumulative_wei=amount) for wallet, amount in leaves.items())),
    ]


def _works(row: Epoch, found: Calculation) -> Iterable[WorkReward]:
    each = found.allocation
    for work, score, gross, kept in zip(each.works, each.scores, each.gross, each.kept, strict=True):
        yield WorkReward(
            epoch=row,
            work=work.id,
            sequence=work.sequence,
            kind=work.kind,
            initial=work.initial,
            score=score,
            gross_wei=gross,
            kept_wei=kept,
        )


def _royalties(row: Epoch, found: Calculation) -> Iterable[Royalty]:
    names = {work.sequence: work.id for work in found.allocation.works}
    for edge, amount in zip(found.allocation.edges, found.allocation.flows, strict=True):
        if amount:
            yield Royalty(epoch=row, child=names[edge.child], parent=names[edge.parent], wei=amount)
