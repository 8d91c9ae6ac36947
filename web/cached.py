"""Taking things out of the cache by a pattern, which Django's cache cannot."""

from django.conf import settings
from django.core.cache import cache
from redis import Redis

_AT_ONCE = 1_000


def forget(pattern: str) -> int:
    """Delete every key that matches `pattern` (`*` and `?` as in a shell). How many there were.

    It reads through all keys, so it is for rare acts. Raises what the server raises when it is away.
    """
    with Redis.from_url(settings.CACHES["default"]["LOCATION"]) as server:
        found = list(server.scan_iter(match=cache.make_key(pattern), count=_AT_ONCE))
        for start in range(0, len(found), _AT_ONCE):
            server.delete(*found[start : start + _AT_ONCE])
    return len(found)
