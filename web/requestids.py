"""The id that one request carries through its answer, its error page and every log line written for it."""

import logging
import re
import secrets
from contextvars import ContextVar

HEADER = "X-Request-Id"
_WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")

current: ContextVar[str] = ContextVar("request_id", default="-")


def choose(offered: str | None) -> str:
    """The id a proxy in front already gave, when it is well formed; else 64 new random bits in hex."""
    if offered and _WELL_FORMED.fullmatch(offered):
        return offered
    return secrets.token_hex(8)


class RequestIdFilter(logging.Filter):
    """Gives every log record the attribute `request_id`; `-` outside a request."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current.get()
        return True
