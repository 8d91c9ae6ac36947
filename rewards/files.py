"""The files of a published bundle: one that is computed and checked, as they were proposed, for good."""

from pathlib import Path

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hub.errors import NotFound
from rewards import bundle_checking, epoch_bundle, places
from rewards.errors import BundleRefused
from rewards.reading import epoch as epoch_by_number
from web.ranges import file_response

NAMES = frozenset((*epoch_bundle.FILES, epoch_bundle.MANIFEST))
FOR_GOOD = "public, max-age=31536000, immutable"
_TYPES = {".json": "application/json", ".ndjson": "application/x-ndjson"}


@require_safe
def bundle_file(request: HttpRequest, number: int, name: str) -> HttpResponseBase:
    """A file of the bundle, whole or a range of it. 404 before the epoch is computed and while its bundle is made again,
    and for a file that is not as it was published.
    """
    found = epoch_by_number(number)
    if name not in NAMES or not found.manifest:
        raise _missing()
    path = places.bundle(number) / name
    digest = _digest(found.manifest, path, name)
    try:
        response = file_response(
            request,
            path,
            size=path.stat().st_size,
            etag=f"sha256-{digest}",
            # As the program that recomputes it looks for it.
            filename=name,
            content_type=_TYPES[path.suffix],
            cache_control=FOR_GOOD,
        )
    except FileNotFoundError:
        raise _missing() from None
    # A page saved elsewhere may claim from these files, and anybody may compute from them.
    response["Access-Control-Allow-Origin"] = "*"
    return response


def _digest(manifest: str, path: Path, name: str) -> str:
    """The SHA-256 (hex) that this file has. What is not the published bundle is not shown."""
    try:
        digest = bundle_checking.listed(path.parent, manifest)[name]
    except BundleRefused:
        raise _missing() from None
    if not bundle_checking.is_right(path, digest):
        raise _missing()
    return digest


def _missing() -> NotFound:
    return NotFound(_("There is no such file of this epoch."))
