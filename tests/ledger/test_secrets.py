"""No secret of the hub stands in a log line, on a page, among the figures, in a backup or in the text form of an object."""

import base64
import io
import json
import logging
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from chain import keys as chain_keys
from chain import keystore, rotating
from chain.errors import BadKey
from ledger import keys
from ledger.errors import WrongKey
from tests.ledger.conftest import ORIGIN, Ledger
from tests.ledger.losing import Hub

PATHS = ("/", "/status", "/metrics", "/log/key", "/log/checkpoint", "/ledger", "/healthz", "/readyz", "/nowhere")


def secrets_of(settings: Settings, ledger: Ledger) -> dict[str, bytes]:
    """Every secret, in each form in which it could be written."""
    folder: Path = settings.OPERATOR_KEYSTORE.parent
    seed = keys.log_signer(ORIGIN, ledger.log.verifier_key).seed
    found = {
        "log key, hex": seed.hex(),
        "log key, base64": base64.b64encode(seed).decode(),
        "session key": settings.SECRET_KEY,
    }
    pem = settings.LOG_KEY_FILE.read_text().splitlines()[1]
    found |= {"log key, PEM": pem}
    for name in ("operator", "rotation"):
        chain_keys.rotation_address()
        key = keystore.unlock(folder / f"{name}.json", folder / f"{name}.password")
        found |= {
            f"{name} key": key._key.to_hex().removeprefix("0x"),
            f"{name} key as a number": str(int(key._key.to_hex(), 16)),
            f"{name} password": (folder / f"{name}.password").read_text(),
            f"{name} ciphertext": json.loads((folder / f"{name}.json").read_text())["crypto"]["ciphertext"],
        }
    return {name: text.encode() for name, text in found.items()}


def refuse(secrets: dict[str, bytes], where: str, data: bytes) -> None:
    for name, secret in secrets.items():
        assert secret.lower() not in data.lower(), f"the {name} stands in {where}"


def test_no_secret_is_shown_or_logged(
    ledger: Ledger, settings: Settings, caplog: pytest.LogCaptureFixture, client: Client, tmp_path: Path
) -> None:
    secrets, hub = secrets_of(settings, ledger), Hub(ledger, settings, tmp_path)
    said = io.StringIO()
    client.raise_request_exception = False
    with caplog.at_level(logging.DEBUG):
        ledger.grow(5)
        ledger.anchor_to_the_end()
        folder = hub.backup()
        call_command("verify_log", stdout=said)
        call_command("export_log", tmp_path / "export", stdout=said)
        with pytest.raises(CommandError) as waiting:
            call_command("rotate_operator", begin=True, stdout=said)
        for path in PATHS:
            refuse(secrets, path, client.get(path, REMOTE_ADDR="127.0.0.1").content)
        settings.DEBUG = True
        refuse(secrets, "a page of an error", client.get("/nowhere").content)
    objects = [
        keys.log_signer(ORIGIN, ledger.log.verifier_key), chain_keys.operator_key(), ledger.log,
        rotating.rotate(ledger.now), waiting.value,
    ]  # fmt: skip
    for each in objects:
        refuse(
            secrets,
            type(each).__name__,
            f"{each!r} {each!s} {vars(each) if isinstance(each, Exception) else ''}".encode(),
        )
    refuse(secrets, "the log", caplog.text.encode())
    refuse(secrets, "what the commands said", said.getvalue().encode())
    for root in (folder, tmp_path / "export"):
        for file in root.rglob("*"):
            if file.is_file():
                refuse(secrets, str(file), file.read_bytes())


def test_no_secret_is_in_what_a_damaged_key_file_complains_of(ledger: Ledger, settings: Settings) -> None:
    secrets = secrets_of(settings, ledger)
    for file in (settings.LOG_KEY_FILE, settings.OPERATOR_PASSWORD_FILE):
        data = file.read_bytes()
        file.unlink()
        file.write_bytes(data[:-30] + b"x")
    with pytest.raises(WrongKey) as log_key:
        keys.log_signer(ORIGIN, ledger.log.verifier_key)
    with pytest.raises(BadKey) as operator:
        chain_keys.operator_key()
    for error in (log_key.value, operator.value):
        refuse(secrets, "an error", str(error).encode())
