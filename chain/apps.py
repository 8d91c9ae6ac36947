import sys

from django.apps import AppConfig


def _import_quietly() -> None:
    """Import `py_ecc`, on which web3 and eth-account stand, without its side effect.

    It raises Python's recursion limit to 100,000; from then on one deeply nested JSON text overflows the C stack and
    ends the process instead of raising RecursionError. Here, at start, no request can be in between.
    """
    limit = sys.getrecursionlimit()
    import py_ecc  # noqa: F401

    sys.setrecursionlimit(limit)


# While Django reads its list of rooms: models, which come next, may import other rooms, and so this one.
_import_quietly()


class ChainConfig(AppConfig):
    name = "chain"
