"""What every page knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from web import preferences


def site(request: HttpRequest) -> dict[str, Any]:
    """`site_name`, `site_url`, `source_url`, `theme` (light, dark or empty), `languages`, `request_id`.

    Facts in the footer come through the slot `footer.facts`.
    """
    return {
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
        "source_url": settings.SOURCE_URL,
        "theme": preferences.theme_of(request),
        "languages": settings.LANGUAGES,
        "request_id": getattr(request, "request_id", ""),
    }
