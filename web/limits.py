"""Rate limits on the cache: so many calls per caller and span of time, counted in fixed windows over all processes.

When the cache is away the limited view answers 503: a limit that stops counting would not be one.
"""

import functools
import hashlib
import ipaddress
import re
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Concatenate, ParamSpec, TypeVar

from django.core.cache import cache
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from web.errors import RateLimited

P = ParamSpec("P")
R = TypeVar("R", bound=HttpResponseBase)
Who = Callable[[HttpRequest], str]
Clock = Callable[[], float]

_SPANS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_WRITTEN = re.compile(r"([1-9][0-9]{0,8})/([1-9][0-9]{0,4})?([smhd])")


@dataclass(frozen=True)
class Rate:
    """At most `count` calls in each window of `seconds`."""

    count: int
    seconds: int

    @classmethod
    def parse(cls, written: str) -> "Rate":
        """`10/m`, `100/15m`, `5/s`, `1000/d`."""
        found = _WRITTEN.fullmatch(written)
        if not found:
            raise ValueError(f"not a rate: {written!r}")
        return cls(int(found[1]), int(found[2] or 1) * _SPANS[found[3]])


def address(request: HttpRequest) -> str:
    """The caller's `network`."""
    return network(request.META.get("REMOTE_ADDR", ""))


def network(raw: str) -> str:
    """An IP address as it is counted: of IPv6 the /64 network, which is what one household has."""
    try:
        parsed = ipaddress.ip_address(raw)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)


def caller(request: HttpRequest) -> str:
    """The account, or the address of an anonymous caller."""
    user = getattr(request, "user", None)
    return f"account-{user.pk}" if user is not None and user.is_authenticated else address(request)


def spend(name: str, who: str, rate: Rate, *, clock: Clock = time.time) -> None:
    """Count one call of `who` against the limit `name`. Raises RateLimited with the seconds until the next window."""
    window, passed = divmod(int(clock()), rate.seconds)
    key = "limit:" + hashlib.sha256(f"{name}\n{who}\n{rate.seconds}\n{window}".encode()).hexdigest()
    cache.add(key, 0, timeout=rate.seconds + 1)
    try:
        used = cache.incr(key)
    except ValueError:  # it expired between the two calls: the window is over
        return
    if used > rate.count:
        raise RateLimited(rate.seconds - passed)


def limit(
    name: str, rate: str, *, who: Who = caller, methods: Collection[str] = ("POST", "PUT", "PATCH", "DELETE")
) -> Callable[[Callable[Concatenate[HttpRequest, P], R]], Callable[Concatenate[HttpRequest, P], R]]:
    """Decorate a view function: `@limit("login", "10/m")`. Above the rate the caller gets 429 with Retry-After."""
    parsed = Rate.parse(rate)

    def decorate(view: Callable[Concatenate[HttpRequest, P], R]) -> Callable[Concatenate[HttpRequest, P], R]:
        @functools.wraps(view)
        def limited(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> R:
            if request.method in methods:
                spend(name, who(request), parsed)
            return view(request, *args, **kwargs)

        return limited

    return decorate
