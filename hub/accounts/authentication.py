"""Who sends a request: by API token, or by the session of a signed-in browser."""

from dataclasses import dataclass
from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings
from django.contrib.auth import get_user
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from hub.accounts.services import use_token
from hub.errors import NotAllowed

if TYPE_CHECKING:
    from hub.accounts.models import Account

SCHEME = "bearer"


@dataclass(frozen=True)
class Grant:
    """What a request with a token may do; DRF's `request.auth`. With a session it is None."""

    token_id: int
    scope: str


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer akashi_…`. A token that may only read is refused for anything that changes something."""

    def authenticate(self, request: Request) -> "tuple[Account, Grant] | None":
        plaintext = _bearer(request.headers.get("Authorization", ""))
        if plaintext is None:
            return None
        token = use_token(plaintext, timezone.now())
        if token is None:
            raise AuthenticationFailed(_unknown_token())
        if token.scope == "read" and request.method not in SAFE_METHODS:
            raise PermissionDenied(_read_only())
        return token.account, Grant(token.pk, token.scope)

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class ScopeAccount(NamedTuple):
    """Who sends an ASGI request. `problem` says in words why nobody is accepted; it is empty for an anonymous caller."""

    account: "Account | None"
    can_write: bool
    problem: str


def scope_account(scope: dict[str, Any]) -> ScopeAccount:
    """Authenticate a raw ASGI HTTP scope, before its body is read. Blocks on the database, so call it in a thread.

    A Bearer token wins over a session. A session may write only with the CSRF header that Django itself would ask for,
    from an origin that Django itself would trust.
    """
    try:
        request = _request(scope)
        plaintext = _bearer(request.headers.get("Authorization", ""))
        if plaintext is not None:
            return _by_token(plaintext)
        return _by_session(request, safe=scope["method"] in SAFE_METHODS)
    except (BadRequest, SuspiciousOperation):
        return ScopeAccount(None, False, _("The request cannot be read."))


def reader(request: HttpRequest) -> Any:
    """Who reads a page that scripts fetch as well: the account of a Bearer token, else whoever is signed in.

    Raises `NotAllowed` for a token that is not a good one.
    """
    plaintext = _bearer(request.headers.get("Authorization", ""))
    if plaintext is None:
        return request.user
    found = _by_token(plaintext)
    if found.account is None:
        raise NotAllowed(found.problem)
    return found.account


def _bearer(header: str) -> str | None:
    """The token of an Authorization header (RFC 6750), or None when it has another scheme or is absent."""
    scheme, _space, plaintext = header.strip().partition(" ")
    return plaintext.strip() if scheme.lower() == SCHEME else None


def _by_token(plaintext: str) -> ScopeAccount:
    token = use_token(plaintext, timezone.now())
    if token is None:
        return ScopeAccount(None, False, _unknown_token())
    return ScopeAccount(token.account, token.scope == "write", "")


def _by_session(request: HttpRequest, *, safe: bool) -> ScopeAccount:
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(
        request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    )
    user = get_user(request)
    if not user.is_authenticated or not user.is_active:
        return ScopeAccount(None, False, "")
    if safe:
        return ScopeAccount(user, False, "")
    reason = _csrf_problem(request)
    return ScopeAccount(None, False, reason) if reason else ScopeAccount(user, True, "")


def _request(scope: dict[str, Any]) -> ASGIRequest:
    """A request without a body. Its method is PUT, for which Django looks for the CSRF token in the header alone."""
    return ASGIRequest({**scope, "method": "PUT"}, BytesIO())


def _csrf_problem(request: HttpRequest) -> str:
    check = CSRFCheck(_no_view)
    check.process_request(request)
    reason = check.process_view(request, _no_view, (), {})
    return _("This page is too old to send anything; load it again.") if reason else ""


def _no_view(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def _unknown_token() -> str:
    return _("This token is unknown, revoked or expired.")


def _read_only() -> str:
    return _("This token may only read.")
