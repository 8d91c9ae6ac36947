"""What an account may take away, and what erasing it destroys.

Features above register their part in `AppConfig.ready`: `export(account)` returns JSON values of what they keep about the
account, `erase(account, now)` destroys what is personal in it, inside the transaction that erases the account, and
`lock(account)` locks before that the rows that acts of the account lock before they come to its own row.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from hub.accounts.models import Account

Export: TypeAlias = Callable[["Account"], Any]
Erase: TypeAlias = Callable[["Account", datetime], None]
Lock: TypeAlias = Callable[["Account"], None]


@dataclass(frozen=True)
class Part:
    """What one feature keeps about an account. `name` is its key in the export, `order` its place in `lock`."""

    name: str
    export: Export
    erase: Erase | None = None
    lock: Lock | None = None
    order: int = 0


_parts: dict[str, Part] = {}


def register(
    name: str, *, export: Export, erase: Erase | None = None, lock: Lock | None = None, order: int = 0
) -> None:
    """Add a feature's part; the same name again replaces it."""
    _parts[name] = Part(name, export, erase, lock, order)


def export(account: "Account") -> dict[str, Any]:
    """Everything the registered features keep about the account, by name."""
    return {part.name: part.export(account) for part in _parts.values()}


def erase(account: "Account", now: datetime) -> None:
    """Let every registered feature destroy what is personal."""
    for part in _parts.values():
        if part.erase is not None:
            part.erase(account, now)


def lock(account: "Account") -> None:
    """Lock every registered feature's rows, by `order`, which is the order in which services lock them."""
    for part in sorted(_parts.values(), key=lambda part: part.order):
        if part.lock is not None:
            part.lock(account)
