"""Which error of a room becomes which HTTP problem (RFC 9457). The one table; `config.apps` hands it to `web.api`."""

from chain import errors as chain
from hub import errors as hub
from ledger import errors as ledger

# error class, status, slug of the problem type, title
PROBLEMS: list[tuple[type[Exception], int, str, str]] = [
    (hub.Invalid, 422, "invalid", "The request cannot be taken as it is"),
    (hub.NotAllowed, 403, "not-allowed", "Not allowed"),
    (hub.NotFound, 404, "not-found", "Not found"),
    (hub.Gone, 410, "gone", "Gone"),
    (hub.Conflict, 409, "conflict", "Somebody was faster"),
    (hub.OverQuota, 413, "over-quota", "Over the quota"),
    (hub.TooManyEntries, 429, "too-many-entries", "Too many entries"),
    (ledger.NotFound, 404, "not-found", "Not found"),
    (chain.ChainUnavailable, 503, "chain-unavailable", "The chain does not answer"),
]
