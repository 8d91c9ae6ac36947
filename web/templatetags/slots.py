"""`{% slot "name" subject %}`: what upper rooms show at this place."""

from typing import Any

from django import template
from django.template import Context
from django.utils.safestring import SafeString

from web import slots

register = template.Library()


@register.simple_tag(takes_context=True)
def slot(context: Context, name: str, subject: Any = None) -> SafeString:
    """Everything registered for the slot, in order. Outside a request (an error page in an outage) it is empty."""
    request = context.get("request")
    return SafeString("") if request is None else slots.render(name, request, subject)
