"""Limits, as pages say them."""

from django import template
from django.conf import settings

from hub.uploads.rules import PART_BYTES

register = template.Library()


@register.simple_tag
def largest_file() -> int:
    """Bytes that one file may have."""
    return int(settings.FILE_BYTES)


@register.simple_tag
def part_bytes() -> int:
    """Bytes of one part of an ordinary file."""
    return PART_BYTES
