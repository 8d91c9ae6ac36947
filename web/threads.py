"""Blocking work beside the event loop, with database connections given back."""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import Executor
from typing import ParamSpec, TypeVar

from django.db import connections

P = ParamSpec("P")
T = TypeVar("T")


def with_connections(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call `function` and give this thread's database connections back to the pool, as a request of Django does."""
    try:
        return function(*args, **kwargs)
    finally:
        connections.close_all()


async def in_thread(function: Callable[..., T], *args: object, executor: Executor | None = None) -> T:
    """Run `function(*args)` in a worker thread; it may use the database, and sees the caller's context variables."""
    context = contextvars.copy_context()
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(executor, lambda: context.run(with_connections, function, *args))
