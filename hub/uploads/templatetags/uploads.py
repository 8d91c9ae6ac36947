"""Limits, as pages say them."""

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def largest_file() -> int:
    """Bytes that one file may have."""
    return int(settings.FILE_BYTES)
