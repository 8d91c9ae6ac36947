"""Typed readers for the environment. A value that cannot be read stops the program with its name and the reason."""

import json
import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

# Each adds a line to every checkpoint; a note has at most 100.
MAX_WITNESSES = 32


class BadSetting(SystemExit):
    """An environment variable has a value that its setting cannot take. Ends the program with one line, whoever asks."""


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default)


def integer(name: str, default: int, *, least: int = 0, most: int = 2**63 - 1) -> int:
    raw = os.environ.get(name, "")
    if raw == "":
        return default
    try:
        value = int(raw)
    except ValueError:
        raise BadSetting(f"{name} must be a whole number, not {raw!r}") from None
    if value < least:
        raise BadSetting(f"{name} must be at least {least}, not {value}")
    if value > most:
        raise BadSetting(f"{name} must be at most {most}, not {value}")
    return value


def flag(name: str, default: bool) -> bool:
    raw = os.environ.get(name, "").lower()
    if raw == "":
        return default
    if raw in {"1", "true", "yes", "on"}:
        return True
    if raw in {"0", "false", "no", "off"}:
        return False
    raise BadSetting(f"{name} must be 1 or 0, not {raw!r}")


def choice(name: str, default: str, choices: tuple[str, ...]) -> str:
    value = os.environ.get(name, "") or default
    if value not in choices:
        raise BadSetting(f"{name} must be one of {', '.join(choices)}, not {value!r}")
    return value


def rate(name: str, default: str) -> str:
    """How many in which time, such as `600/min`."""
    value = os.environ.get(name, "") or default
    if not re.fullmatch(r"[0-9]+/(s|sec|m|min|h|hour|d|day)", value):
        raise BadSetting(f"{name} must be a number per s, min, hour or day, such as {default}, not {value!r}")
    return value


def address(name: str, default: str) -> str:
    """An http or https address of a site, without a slash at its end."""
    value = (os.environ.get(name, "") or default).rstrip("/")
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise BadSetting(f"{name} must be an address that begins with http:// or https://, not {value!r}")
    return value


def words(name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Values separated by commas; blanks are dropped."""
    raw = os.environ.get(name, "")
    return tuple(part.strip() for part in raw.split(",") if part.strip()) or default


def witnesses(name: str) -> tuple[tuple[str, str], ...]:
    """Witnesses as (verifier key string, address), written `vkey=https://…` and separated by commas."""
    found = []
    for word in words(name):
        vkey, _, url = word.partition("=http")
        if not url:
            raise BadSetting(f"{name} must be vkey=https://… for each witness, not {word!r}")
        found.append((_witness_key(name, vkey), _witness_address(name, f"http{url}")))
    if len({key for key, _ in found}) < len(found):
        raise BadSetting(f"{name} must name each witness once")
    if len(found) > MAX_WITNESSES:
        raise BadSetting(f"{name} must name at most {MAX_WITNESSES} witnesses")
    return tuple(found)


def _witness_key(name: str, vkey: str) -> str:
    from ledger.cosignature import WitnessKey  # only a hub that has witnesses needs it at start
    from ledger.errors import BadNote

    try:
        key = WitnessKey.from_vkey(vkey)
    except BadNote as error:
        raise BadSetting(f"{name} must hold verifier keys of witnesses; {vkey!r}: {error}") from None
    if len(key.name) > 200:
        raise BadSetting(f"{name} must name witnesses with at most 200 characters")
    return vkey


def _witness_address(name: str, url: str) -> str:
    try:
        parts = urlsplit(url)
        sound = parts.hostname and parts.port != 0
    except ValueError:
        raise BadSetting(f"{name} must give each witness an address, not {url!r}") from None
    if not sound or parts.scheme not in {"http", "https"} or parts.query or parts.fragment or parts.username:
        raise BadSetting(f"{name} must give each witness an address that begins with http:// or https://, not {url!r}")
    return url.rstrip("/")


def path(name: str, default: Path) -> Path:
    raw = os.environ.get(name, "")
    return Path(raw).expanduser().resolve() if raw else default


def endpoints(run_file: Path) -> dict[str, str]:
    """Addresses of the embedded servers that a running supervisor wrote down.

    They let `manage.py` commands in another shell find the servers. The environment wins over them.
    """
    try:
        found = json.loads(run_file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError:
        raise BadSetting(f"{run_file} is damaged; stop the hub, delete the file and start again") from None
    return {str(key): str(value) for key, value in found.items()}


def database(url: str) -> dict[str, object]:
    """Django's DATABASES entry for a PostgreSQL URL.

    `postgresql://user:password@host:port/name`; a socket folder may be given as `?host=/folder`.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise BadSetting("DATABASE_URL must begin with postgresql://")
    query = dict(item.split("=", 1) for item in parts.query.split("&") if "=" in item)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(query.get("host", "")) or parts.hostname or "",
        "PORT": str(query.get("port", "") or parts.port or ""),
    }
