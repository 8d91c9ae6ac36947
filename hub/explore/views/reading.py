"""What a visitor typed into an address."""

from django.http import HttpRequest

MOST = 200


def typed(request: HttpRequest, name: str = "q") -> str:
    """One line of printable characters, at most `MOST`."""
    return "".join(character for character in request.GET.get(name, "") if character.isprintable()).strip()[:MOST]
