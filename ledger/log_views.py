"""The log as other tools read it (C2SP tlog-tiles): the checkpoint, the tiles, the entry bundles, and the keys.

Everything comes from the stored files, and only as far as the published checkpoint goes.
"""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from ledger import keys, note, storage, succession, tiles
from ledger.checkpoint import Checkpoint
from ledger.errors import BadTile
from ledger.models import Log
from ledger.storage import Store
from ledger.tiles import EntryBundle, Tile

CHECKPOINT_SECONDS = 3
KEY_SECONDS = 300
# What an address names never changes; a partial tile's address goes away once the full one is there.
TILE = "public, max-age=31536000, immutable"
PARTIAL_TILE = "public, max-age=3600, immutable"


@require_safe
def checkpoint(request: HttpRequest, *, previous: bool = False) -> HttpResponse:
    """The newest signed head, as a signed note; or the last one of the log that this one continues."""
    published = _store(previous).checkpoint()
    if published is None:
        raise Http404
    return _answer(published.encode(), "text/plain; charset=utf-8", f"public, max-age={CHECKPOINT_SECONDS}")


@require_safe
def tile(request: HttpRequest, address: str, *, previous: bool = False) -> HttpResponse:
    """A tile or an entry bundle of the published tree; 404 for every address that is not written in its one way."""
    store = _store(previous)
    published = store.checkpoint()
    try:
        wanted = tiles.parse_path(address)
        level = 0 if isinstance(wanted, EntryBundle) else wanted.level
        size = Checkpoint.from_text(note.Note.from_text(published).text).size if published else 0
        if wanted.width > tiles.width_at(level, wanted.index, size):
            raise Http404
        data = _bytes_of(wanted, store)
    except BadTile as error:
        raise Http404 from error
    return _answer(data, "application/octet-stream", TILE if wanted.width == tiles.WIDTH else PARTIAL_TILE)


@require_safe
def key(request: HttpRequest, *, previous: bool = False) -> HttpResponse:
    """The verifier key strings: the log's, and once there is a contract the anchoring operators', the present one first."""
    log, before = Log.objects.first(), succession.predecessor() if previous else None
    if log is None or (previous and before is None):
        raise Http404
    lines = [before.key] if before else keys.verifier_keys(log.origin, log.verifier_key)
    return _answer(
        "".join(f"{line}\n" for line in lines).encode(), "text/plain; charset=utf-8", f"public, max-age={KEY_SECONDS}"
    )


def _store(previous: bool) -> Store:
    return succession.previous_store() if previous else storage.store()


def _bytes_of(wanted: Tile | EntryBundle, store: Store) -> bytes:
    if isinstance(wanted, Tile):
        return store.read_tile(wanted)
    return tiles.pack_entries(store.read_entries(wanted))


def _answer(data: bytes, content_type: str, cache: str) -> HttpResponse:
    # Readers elsewhere, a verifier page on another site among them, may read all of it.
    headers = {"Cache-Control": cache, "Access-Control-Allow-Origin": "*", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(data, content_type=content_type, headers=headers)
