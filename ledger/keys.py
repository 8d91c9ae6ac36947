"""The two keys behind a checkpoint: the log's own Ed25519 key and the anchoring operator's."""

import os
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from ledger.errors import WrongKey
from ledger.note import Ed25519Key, Ed25519Signer


def create_log_key(origin: str) -> Ed25519Key:
    """The public half of the log's key. A key that is already in `LOG_KEY_FILE` is taken, otherwise one is made there.

    The file is PEM (PKCS #8), readable by its owner only, and on disk before this returns.
    """
    file: Path = settings.LOG_KEY_FILE
    if not file.exists():
        _write_key(file)
    return _read_signer(file, origin).key


def log_signer(origin: str, verifier_key: str) -> Ed25519Signer:
    """The log's signer; raises `WrongKey` unless the key file holds the key the log was created with."""
    signer = _read_signer(settings.LOG_KEY_FILE, origin)
    if signer.key.vkey != verifier_key:
        raise WrongKey(
            f"{settings.LOG_KEY_FILE} holds {signer.key.vkey}, but this log was created with {verifier_key}."
        )
    return signer


def _read_signer(file: Path, origin: str) -> Ed25519Signer:
    try:
        key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise WrongKey(f"The log's key cannot be read from {file}: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise WrongKey(f"{file} holds no Ed25519 key.")
    return Ed25519Signer(origin, key.private_bytes_raw())


def _write_key(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o400)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(pem)
        handle.flush()
        os.fsync(handle.fileno())
    # A link fails if the name is taken, so a key is never replaced, and a half-written one never gets the name.
    try:
        file.hardlink_to(temporary)
    finally:
        temporary.unlink()
