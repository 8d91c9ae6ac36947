"""`Idempotency-Key` for POST: a request repeated with its key has its effect once (draft-ietf-httpapi-idempotency-key).

How. A row for (account, key) is inserted in a transaction of its own. Then one transaction locks the row, runs the view
and writes the view's answer into the row. So the effect and the answer that proves it commit together or not at all:

- a repeated request finds the answer and gets it byte for byte, with `Idempotency-Replayed: true`;
- a repeated request while the first runs finds the row locked: 409;
- if the first died, its lock died with its connection and nothing of it was committed: the repeated request runs;
- if the first was refused (any 4xx or 5xx), its transaction is rolled back and the key is free again;
- the same key with another method, path or body: 422.

The guarantee covers the database. Work a view hands over on commit happens once per commit. Do not use it on a view
whose answer holds a secret (the answer is kept for 24 hours), nor around `atomic(durable=True)`.
"""

import functools
import hashlib
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Concatenate, ParamSpec, TypeVar

from django.db import transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from web.errors import BadInput
from web.models import IdempotentRequest
from web.problems import Problem

KEPT = timedelta(hours=24)
RETRY_AFTER = 2
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_KEPT_HEADERS = ("Location", "ETag", "Link")

P = ParamSpec("P")
View = TypeVar("View")

HEADER = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Send a new random key per action; a repeated request with it has its effect once (24 hours).",
)


def idempotent(
    method: Callable[Concatenate[View, Request, P], HttpResponseBase],
) -> Callable[Concatenate[View, Request, P], HttpResponseBase]:
    """Decorate the `post` of a DRF view. Without the header, or without an account, the view runs as it is."""

    @functools.wraps(method)
    def wrapped(view: View, request: Request, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        key = _key(request.headers.get("Idempotency-Key"))
        if key is None or not request.user.is_authenticated:
            return method(view, request, *args, **kwargs)
        return _once(request, key, lambda: method(view, request, *args, **kwargs))

    documented: Callable[Concatenate[View, Request, P], HttpResponseBase] = extend_schema(parameters=[HEADER])(wrapped)
    return documented


def expire(now: datetime) -> int:
    """Forget the answers older than 24 hours; how many. Rows that a running request holds are left."""
    old = IdempotentRequest.objects.filter(created__lt=now - KEPT)
    with transaction.atomic():
        ids = list(old.select_for_update(skip_locked=True).values_list("pk", flat=True)[:10_000])
        return IdempotentRequest.objects.filter(pk__in=ids).delete()[0]


def forget(account_id: int) -> None:
    """Forget every answer that was kept for an account. In the caller's transaction.

    It never waits for a request that runs: that one holds its row, has no answer yet, and may wait for the caller.
    """
    IdempotentRequest.objects.filter(account_id=account_id, status__isnull=False).delete()


def blank(account_id: int | None = None, *, containing: str = "") -> None:
    """Empty the bodies of kept answers: an account's, or those in which these ASCII words stand.

    A repeated request still has its effect once; its answer is then `null`.
    """
    rows = IdempotentRequest.objects.filter(status__isnull=False)
    if account_id is not None:
        rows = rows.filter(account_id=account_id)
    if containing:
        rows = rows.extra(where=["position(%s in body) > 0"], params=[containing.encode()])
    rows.update(body=b"null")


def _key(header: str | None) -> str | None:
    """The key, with or without the quotes of a structured field string (RFC 8941)."""
    if header is None:
        return None
    key = header.strip().removeprefix('"').removesuffix('"')
    if not _KEY.fullmatch(key):
        raise BadInput("Idempotency-Key", _("1 to 255 printable ASCII characters without spaces."))
    return key


def _once(request: Request, key: str, run: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    fingerprint, account = _fingerprint(request), int(request.user.pk or 0)
    IdempotentRequest.objects.bulk_create(
        [IdempotentRequest(account_id=account, key=key, fingerprint=fingerprint, created=timezone.now())],
        ignore_conflicts=True,
    )
    rows = IdempotentRequest.objects.filter(account_id=account, key=key)
    if rows.exclude(fingerprint=fingerprint).exists():
        raise _reused()
    try:
        with transaction.atomic():
            return _locked(rows.select_for_update(skip_locked=True).first(), run)
    except _Refused as refused:
        rows.filter(status=None).delete()
        return refused.response
    except _Busy:
        raise _in_progress() from None
    except Exception:
        rows.filter(status=None).delete()
        raise


class _Refused(Exception):
    """Carries a refusal out of the transaction, which rolls back."""

    def __init__(self, response: HttpResponseBase) -> None:
        super().__init__()
        self.response = response


class _Busy(Exception):
    """Another transaction holds the row."""


def _locked(row: IdempotentRequest | None, run: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """Run or replay while this transaction holds the row's lock."""
    if row is None:
        raise _Busy
    if row.status is not None:
        return _replay(row)
    response = run()
    if response.status_code >= 400:
        raise _Refused(response)
    row.status = response.status_code
    row.headers = {name: response[name] for name in _KEPT_HEADERS if response.has_header(name)}
    row.headers["Content-Type"], row.body = _rendered(response)
    row.save(update_fields=["status", "headers", "body"])
    return response


def _rendered(response: HttpResponseBase) -> tuple[str, bytes]:
    """Type and bytes of the body as it will be sent. DRF renders after the view, by the same renderer."""
    if isinstance(response, Response):
        data: Any = response.data
        body = b"" if data is None else bytes(JSONRenderer().render(data))
        return response.content_type or JSONRenderer.media_type, body
    if isinstance(response, HttpResponse):
        return response["Content-Type"], bytes(response.content)
    raise TypeError("a streamed answer cannot be kept")


def _replay(row: IdempotentRequest) -> HttpResponse:
    response = HttpResponse(bytes(row.body), status=row.status, headers=row.headers)
    response.headers["Idempotency-Replayed"] = "true"
    return response


def _fingerprint(request: Request) -> str:
    """SHA-256 over method, full path and body, each with its length."""
    hashed = hashlib.sha256()
    for part in (request.method or "", request.get_full_path(), request._request.body):
        data = part.encode() if isinstance(part, str) else part
        hashed.update(len(data).to_bytes(8, "big") + data)
    return hashed.hexdigest()


def _reused() -> Problem:
    title = _("This key was used for another request")
    return Problem(422, "idempotency-key-reused", title, _("Send a new Idempotency-Key for a new request."))


def _in_progress() -> Problem:
    title = _("The first request with this key is still running")
    return Problem(409, "request-in-progress", title, _("Wait a moment and repeat it."), retry_after=RETRY_AFTER)
