"""Blocking work beside the event loop, with database connections given back."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.db import connections

P = ParamSpec("P")
T = TypeVar("T")


def with_connections(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call `function` and give this thread's database connections back to the pool, as a request of Django does."""
    try:
        return function(*args, **kwargs)
    finally:
        connections.close_all()


async def in_thread(function: Callable[..., T], *args: object, executor: ThreadPoolExecutor | None = None) -> T:
    """Run `function(*args)` in a worker thread; it may use the database, and has the caller's language and context."""
    return await sync_to_async(with_connections, thread_sensitive=False, executor=executor)(function, *args)
