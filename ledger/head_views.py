"""Pages of the explorer about the log's heads: a checkpoint, and an anchor on the chain."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chain import selectors as chain
from chain.errors import ChainError
from ledger import anchor_words, progress, proofs, shown, witnesses
from ledger.errors import NotFound
from ledger.proofs import Signers
from ledger.records import AnchorView
from ledger.shown import Crumb, Seal
from ledger.views import beyond


@require_safe
def checkpoint(request: HttpRequest, size: str) -> HttpResponse:
    """One signed head of the log: what it added, who signed it, which anchor covers it."""
    try:
        found = progress.checkpoint_at(int(size))
    except NotFound:
        return beyond(request, None)
    before, after = progress.checkpoint_before(found.size), progress.checkpoint_after(found.size)
    signers, anchor = _signers(found.size), progress.anchor_over(found.size)
    first = before.size if before else 0
    context = {
        "section": "ledger",
        "checkpoint": found,
        "signers": signers,
        "cosignatures": witnesses.cosignatures([found])[found.size],
        "witnesses": witnesses.witnesses(),
        "seal": _checkpoint_seal(signers, anchor),
        "previous": before,
        "first": first,
        "added": found.size - first,
        "first_url": shown.entry_url(first),
        "last": found.size - 1,
        "last_url": shown.entry_url(found.size - 1),
        "anchor": anchor,
        "embedded": chain.is_embedded(),
        "crumbs": [
            Crumb(_("Ledger"), reverse("ledger:entries")),
            Crumb(_("Checkpoint at %(size)d") % {"size": found.size}),
        ],
        "previous_url": shown.checkpoint_url(before.size) if before else "",
        "next_url": shown.checkpoint_url(after.size) if after else "",
    }
    return render(request, "ledger/checkpoint.html", context)


@require_safe
def anchor(request: HttpRequest, transaction: str) -> HttpResponse:
    """One transaction that carried the log's root to the chain."""
    try:
        found = progress.anchor_by_transaction(transaction)
    except NotFound:
        return beyond(request, None)
    added = found.size - found.previous_size
    context = {
        "section": "ledger",
        "anchor": found,
        "seal": _anchor_seal(found),
        "checkpoint": progress.checkpoint_at(found.size),
        "checkpoint_url": shown.checkpoint_url(found.size),
        "added": added,
        "gas_each": found.gas_used // added if found.gas_used and added else None,
        "first": found.previous_size,
        "first_url": shown.entry_url(found.previous_size),
        "last": found.size - 1,
        "last_url": shown.entry_url(found.size - 1),
        "embedded": chain.is_embedded(),
        "decoded": anchor_words.told(found.transaction_hash),
        "crumbs": [
            Crumb(_("Ledger"), reverse("ledger:entries")),
            Crumb(_("Anchor at %(size)d") % {"size": found.size}),
        ],
    }
    return render(request, "ledger/anchor.html", context)


def _signers(size: int) -> Signers | None:
    """Whose signatures verify; None when nothing here says who the operator is."""
    try:
        return proofs.checkpoint_signers(size)
    except ChainError:
        return None


def _checkpoint_seal(signers: Signers | None, anchor: AnchorView | None) -> Seal:
    if signers is not None and not signers.valid:
        return Seal("mismatch", _("a signature does not verify"))
    if anchor is None and not progress.log_disagrees():
        return Seal("waiting", _("waiting for the next anchor"))
    return _anchor_seal(anchor)


def _anchor_seal(anchor: AnchorView | None) -> Seal:
    if anchor is None or progress.log_disagrees():
        return shown.log_seal()
    if anchor.final:
        return Seal("verified", _("final since"), since=anchor.final)
    return Seal("waiting", "", min(anchor.confirmations, anchor.needed), anchor.needed)
