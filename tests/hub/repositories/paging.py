"""What tests of pages share: the address they work at, a page's text, and its hidden fields."""

import re
from typing import Any

BASE = "/datasets/alice/cells"


def text(response: Any) -> str:
    return str(response.content.decode())


def fields(html: str) -> dict[str, str]:
    """Hidden fields of a page, as a browser would send them back."""
    found = re.findall(r'<input type="hidden" name="([^"]+)"(?: value="([^"]*)")?', html)
    return {name: value.replace("&quot;", '"').replace("&#x27;", "'") for name, value in found}
