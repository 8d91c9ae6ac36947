"""What an account may take away, and what erasing it destroys.

Features above register their part in `AppConfig.ready`: `export(account)` returns JSON values of what they keep about the
account, `erase(account, now)` destroys what is personal in it, inside the transaction that erases the account.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from hub.accounts.models import Account

Export: TypeAlias = Callable[["Account"], Any]
Erase: TypeAlias = Callable[["Account", datetime], None]


@dataclass(frozen=True)
class Part:
    """What one feature keeps about an account. `name` is its key in the export."""

    name: str
    export: Export
    erase: Erase | None = None


_parts: dict[str, Part] = {}


def register(name: str, *, export: Export, erase: Erase | None = None) -> None:
    """Add a feature's part; the same name again replaces it."""
    _parts[name] = Part(name, export, erase)


def export(account: "Account") -> dict[str, Any]:
    """Everything the registered features keep about the account, by name."""
    return {part.name: part.export(account) for part in _parts.values()}


def erase(account: "Account", now: datetime) -> None:
    """Let every registered feature destroy what is personal."""
    for part in _parts.values():
        if part.erase is not None:
            part.erase(account, now)
