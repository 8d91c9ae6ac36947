"""`demo-accounts.txt`: passwords and wallet keys of the demo's accounts, for their owner's eyes. A name and a value a line."""

from pathlib import Path

from django.conf import settings


def path() -> Path:
    return Path(settings.DATA_DIR) / "demo-accounts.txt"


def read() -> dict[str, str]:
    """What is kept, by name; nothing before there is a file."""
    try:
        return dict(line.split() for line in path().read_text(encoding="utf-8").splitlines())
    except FileNotFoundError:
        return {}


def add(values: dict[str, str]) -> str:
    """Keep more, in a file that only its owner reads and that is there whole or as before. Returns the new lines."""
    draft, lines = path().with_suffix(".draft"), [f"{name}  {value}\n" for name, value in (read() | values).items()]
    draft.touch(mode=0o600)
    draft.write_text("".join(lines), encoding="utf-8")
    draft.replace(path())
    return "".join(lines[-len(values) :]) if values else ""
