"""Which witnesses this hub asks, what they answered last, and how far enough of them have cosigned. Reads only."""

from collections.abc import Iterator, Sequence

from django.conf import settings
from django.db.models import Count
from django.utils.translation import gettext as _

from ledger.cosignature import WitnessKey, time_of
from ledger.errors import LedgerError
from ledger.models import Cosignature, Witness
from ledger.note import Note
from ledger.records import CheckpointView, CosignatureView, WitnessesView, WitnessView

Problem = Witness.Problem


def witnesses() -> WitnessesView:
    """The witnesses of this hub in the order of its settings, and "k of n"."""
    vkeys = _vkeys()
    rows = Witness.objects.in_bulk(vkeys)
    return WitnessesView(
        needed=settings.WITNESSES_NEEDED,
        each=tuple(_view(vkey, rows.get(vkey)) for vkey in vkeys),
        size=witnessed_size(),
    )


def witnessed_size() -> int:
    """The size of the newest checkpoint that enough witnesses cosigned; 0 while there is none or no witness is asked."""
    found = witnessed_at_least(1)
    return found if found is not None else 0


def witnessed_at_least(size: int) -> int | None:
    """The size of the newest checkpoint that enough witnesses cosigned, if it is at least `size`."""
    if not settings.WITNESSES:
        return None
    rows = Cosignature.objects.filter(witness__in=_vkeys(), checkpoint__gte=size).values("checkpoint_id")
    counted = rows.annotate(count=Count("pk")).filter(count__gte=settings.WITNESSES_NEEDED)
    return counted.order_by("-checkpoint_id").values_list("checkpoint_id", flat=True).first()


def sizes() -> dict[str, float]:
    """By witness, the size that it cosigned last; 0 before its first cosignature."""
    return {view.name: float(view.size) for view in witnesses().each}


def cosignatures(checkpoints: Sequence[CheckpointView]) -> dict[int, list[CosignatureView]]:
    """The cosignatures of these checkpoints by size, in the order of their names, each verified now. One query."""
    notes = {each.size: each.note for each in checkpoints}
    found: dict[int, list[CosignatureView]] = {size: [] for size in notes}
    for row in Cosignature.objects.filter(checkpoint__in=notes).order_by("witness"):
        found[row.checkpoint_id].append(_cosignature(row, notes[row.checkpoint_id]))
    return found


def unsound() -> Iterator[tuple[str, str]]:
    """Cosignatures whose rows are not what stands under the note, or that do not verify: expected and found, in words."""
    rows = Cosignature.objects.select_related("checkpoint").order_by("checkpoint_id", "pk")
    for row in rows.iterator(chunk_size=1_000):
        if not _cosignature(row, row.checkpoint.note).verifies:
            name = row.witness.partition("+")[0]
            yield f"a cosignature of size {row.checkpoint_id} by {name}", "another one, or none, under the note"


def words(problem: str) -> str:
    """Why a witness did not cosign, for a reader."""
    return {
        "": "",
        Problem.AWAY: _("does not answer"),
        Problem.REFUSED: _("did not cosign"),
        Problem.LARGER: _("has seen a larger tree than this hub has published"),
        Problem.ANOTHER: _("has seen another history of this log"),
        Problem.INVALID: _("its cosignature does not verify"),
        Problem.CLOCK: _("its clock is ahead"),
    }[problem]


def _vkeys() -> list[str]:
    return [vkey for vkey, _url in settings.WITNESSES]


def _view(vkey: str, row: Witness | None) -> WitnessView:
    last = Cosignature.objects.filter(witness=vkey).order_by("-checkpoint_id").first()
    problem, since = (row.problem, row.failing_since) if row else ("", None)
    return WitnessView(
        name=vkey.partition("+")[0],
        key=vkey,
        size=last.checkpoint_id if last else 0,
        time=last.time if last else None,
        asked=row.asked if row else None,
        problem=words(problem),
        detail=row.detail if row else "",
        since=since,
        contradicts=problem in {Problem.LARGER, Problem.ANOTHER},
    )


def _cosignature(row: Cosignature, text: str) -> CosignatureView:
    name = row.witness.partition("+")[0]
    return CosignatureView(name, row.witness, row.time, row.line, _verifies(row, text))


def _verifies(row: Cosignature, text: str) -> bool:
    try:
        signed, key = Note.from_text(text), WitnessKey.from_vkey(row.witness)
        signature = signed.verified_by(key)
    except LedgerError:
        return False
    return time_of(signature) == int(row.time.timestamp()) and f"{row.line}\n" in {
        line.line() for line in signed.signatures
    }
