"""What a reader takes away from an entry's page: its bytes, its proof, its bundle."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from ledger import describing, progress, proofs, selectors
from ledger.errors import NotFound
from ledger.records import EntryView


@require_safe
def entry_bytes(request: HttpRequest, index: str) -> HttpResponse:
    """The entry as it stands in the log: SHA-256(0x00 || these bytes) is its leaf hash."""
    return _download(_required(index).body, "application/json", f"entry-{index}.json")


@require_safe
def entry_proof(request: HttpRequest, index: str) -> HttpResponse:
    """The inclusion proof with the newest checkpoint, as C2SP tlog-proof; 404 until a checkpoint covers the entry."""
    found, last = _required(index), progress.latest_checkpoint()
    if last is None or found.leaf_index is None or found.leaf_index >= last.size:
        raise Http404
    text = proofs.tlog_proof(found, last)
    return _download(text.encode(), "text/plain; charset=utf-8", f"entry-{index}.tlog-proof")


@require_safe
def entry_bundle(request: HttpRequest, index: str) -> HttpResponse:
    """Everything needed to check this entry with the hub switched off, with the details that this reader may see."""
    found = _required(index)
    [disclosed] = describing.disclose([found], request.user)
    try:
        text = proofs.bundle([found], disclose_details={found.uid} if disclosed.details else set())
    except NotFound as error:
        raise Http404 from error
    return _download(text.encode(), "text/plain; charset=utf-8", f"entry-{index}.akashi")


def _required(index: str) -> EntryView:
    found = selectors.find_entry(int(index))
    if found is None:
        raise Http404
    return found


def _download(data: bytes, content_type: str, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(data, content_type=content_type, headers=headers)
