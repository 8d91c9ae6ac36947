"""Which of the site's languages a caller reads."""

from django.conf import settings
from django.http import parse_cookie
from django.utils.translation import get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header


def supported(code: str) -> str | None:
    """The site's language for a code such as `ja-JP` or `zh_CN`, or None when it has none."""
    try:
        return get_supported_language_variant(code.strip().lower().replace("_", "-")[:32])
    except LookupError:
        return None


def accepted(header: str) -> str:
    """The best language of an Accept-Language header (RFC 9110 section 12.5.4); the site's own when none fits."""
    for code, _quality in parse_accept_lang_header(header.lower()):
        found = settings.LANGUAGE_CODE if code == "*" else supported(code)
        if found:
            return found
    return str(settings.LANGUAGE_CODE)


def of_headers(*, cookie: str, accept_language: str) -> str:
    """The language for a request that Django does not see: cookie first, then Accept-Language."""
    named = supported(parse_cookie(cookie).get(settings.LANGUAGE_COOKIE_NAME, ""))
    return named or accepted(accept_language)
