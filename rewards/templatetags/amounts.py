"""Amounts on pages: two places to read, all eighteen in the title."""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from rewards import amounts

register = template.Library()


@register.filter
def tokens(wei: Any) -> str:
    """`1,234.57`, for tables whose head names the token."""
    return amounts.tokens(wei)


@register.filter
def hub(wei: Any) -> str:
    """`1,234.57 HUB`, for sentences."""
    return f"{amounts.tokens(wei)} {amounts.SYMBOL}"


@register.filter
def exact(wei: Any) -> str:
    """`0.001 HUB`, with all its places, for numbers of the rule."""
    return amounts.named(wei)


@register.simple_tag
def amount(wei: Any, unit: bool = False) -> SafeString:
    """The amount with its exact value as the title; `unit` writes the token's name behind it."""
    shown = hub(wei) if unit else amounts.tokens(wei)
    return format_html(
        '<data class="amount" value="{}" title="{} {}">{}</data>',
        int(wei or 0),
        amounts.exact(wei),
        amounts.SYMBOL,
        shown,
    )
