"""Objects that are named by the SHA-256 of their bytes, as HTTP answers."""

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from rest_framework.request import Request


def canonical_response(request: Request, digest: str, body: bytes) -> HttpResponseBase:
    """Bytes that never change under their digest; a cache asks each time whether the caller may still read them."""
    response = HttpResponse(body, content_type="application/json")
    response.headers["ETag"] = f'"{digest}"'
    response.headers["Cache-Control"] = "private, no-cache"
    found = get_conditional_response(request._request, etag=f'"{digest}"', response=response)
    return found if found is not None else response
