"""Which error of a room becomes which HTTP problem (RFC 9457). The one table; `config.apps` hands it to `web.api`."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chain import errors as chain
from hub import errors as hub
from ledger import errors as ledger

# error class, status, slug of the problem type, title
PROBLEMS: list[tuple[type[Exception], int, str, str | Promise]] = [
    (hub.Invalid, 422, "invalid", _("The request cannot be taken as it is")),
    (hub.NotAllowed, 403, "not-allowed", _("Not allowed")),
    (hub.NotFound, 404, "not-found", _("Not found")),
    (hub.Gone, 410, "gone", _("Gone")),
    (hub.Conflict, 409, "conflict", _("Not possible as things stand")),
    (hub.OverQuota, 413, "over-quota", _("Over the quota")),
    (hub.TooManyEntries, 429, "too-many-entries", _("Too many entries")),
    (ledger.NotFound, 404, "not-found", _("Not found")),
    (ledger.BadTile, 503, "tiles-missing", _("The log is being repaired")),
    (chain.ChainError, 503, "chain-unavailable", _("The chain does not answer")),
]
