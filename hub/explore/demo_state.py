"""How far the demo content is: the command that makes it writes a line into the cache, pages show it."""

from django.core.cache import cache

_KEY = "demo.progress"
_SECONDS = 3600


def report(words: str) -> None:
    """`words` are shown on the front page; an empty string ends it."""
    if words:
        cache.set(_KEY, words, _SECONDS)
    else:
        cache.delete(_KEY)


def progress() -> str:
    return str(cache.get(_KEY, ""))
