"""How amounts are written: wei as whole tokens with two places, and exactly where it matters. Pure but for the language."""

from decimal import Decimal
from typing import Any

from django.utils.formats import number_format

SYMBOL = "HUB"
TOKEN = 10**18
_LEAST = TOKEN // 200


def tokens(wei: Any, places: int = 2) -> str:
    """`1,234.57`; whole amounts without places, and `<0.01` for what is less than half of that but not nothing."""
    amount = int(wei or 0)
    if amount and abs(amount) < _LEAST:
        return f"<{number_format(Decimal('0.01'), 2)}"
    if amount % TOKEN == 0:
        return number_format(amount // TOKEN, 0, use_l10n=True, force_grouping=True)
    step = 10 ** (18 - places)
    rounded = (abs(amount) + step // 2) // step * (1 if amount > 0 else -1)
    return number_format(Decimal(rounded).scaleb(-places), places, use_l10n=True, force_grouping=True)


def exact(wei: Any) -> str:
    """All eighteen places without trailing zeros, for programs and titles: `133.136363636363636364`."""
    amount = int(wei or 0)
    sign, whole, part = "-" if amount < 0 else "", abs(amount) // TOKEN, abs(amount) % TOKEN
    digits = f"{part:018d}".rstrip("0")
    return f"{sign}{whole}.{digits}" if digits else f"{sign}{whole}"


def named(wei: Any) -> str:
    """`0.001 HUB`, all places, as the language writes decimals: for the numbers of the rule."""
    return f"{number_format(exact(wei), use_l10n=True)} {SYMBOL}"
