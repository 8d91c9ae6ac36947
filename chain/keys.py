"""The operator's secp256k1 key: an encrypted keystore (Web3 Secret Storage, version 3) beside a password file.

The password is 256 random bits, so the key derivation only has to be correct, not slow. Both files are made together,
once, by `deploy_contracts`; nothing else makes a key, because a lost disk must not turn into a second operator.
"""

import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from eth_keyfile.keyfile import create_keyfile_json, decode_keyfile_json
from eth_keys.datatypes import PrivateKey
from eth_utils.address import is_address, to_checksum_address

from chain.errors import BadKey
from chain.signatures import head_digest, join

_SCRYPT_COST = 1 << 13


@dataclass(frozen=True)
class SignedTransaction:
    raw: bytes
    hash: str


class Key:
    """A private key in memory. Its text forms do not show it."""

    def __init__(self, secret: bytes) -> None:
        self._key = PrivateKey(secret)
        self.address: str = self._key.public_key.to_checksum_address()

    def __repr__(self) -> str:
        return f"Key({self.address})"

    def sign_digest(self, digest: bytes) -> bytes:
        """65 bytes r, s, v over a 32-byte digest; s is in the lower half."""
        return join(self._key.sign_msg_hash(digest))

    def sign_transaction(self, fields: dict[str, Any]) -> SignedTransaction:
        """The raw bytes of an EIP-1559 transaction and its hash (0x…). The same fields give the same bytes."""
        # Imported here: it takes most of a second, and processes that only read never sign.
        from eth_account import Account

        signed = Account.sign_transaction(fields, self._key.to_bytes())
        return SignedTransaction(bytes(signed.raw_transaction), "0x" + bytes(signed.hash).hex())


# --- the operator --------------------------------------------------------------------------------
def ensure_operator_key() -> str:
    """Make the operator's key if neither of its files exists; returns its address."""
    return _ensure(settings.OPERATOR_KEYSTORE, settings.OPERATOR_PASSWORD_FILE)


def operator_key() -> Key:
    """The operator's key; `BadKey` when its files are missing or do not fit together."""
    keystore, password = settings.OPERATOR_KEYSTORE, settings.OPERATOR_PASSWORD_FILE
    return _unlock(keystore, password, _stamp(keystore), _stamp(password))


def operator_address() -> str:
    """The operator's address, from the keystore's public part; `BadKey` when there is none."""
    return _address(settings.OPERATOR_KEYSTORE)


def sign_head(*, chain_id: int, contract: str, origin_hash: bytes, size: int, root: bytes) -> bytes:
    """The operator's 65-byte signature under a head, as `CheckpointAnchor.anchorSigned` takes it."""
    digest = head_digest(chain_id=chain_id, contract=contract, origin_hash=origin_hash, size=size, root=root)
    return operator_key().sign_digest(digest)


def rotation_address() -> str:
    """The cold key that may replace the operator: `ROTATION_ADDRESS`, or on the embedded chain a key made here."""
    named: str = settings.ROTATION_ADDRESS
    if named:
        if not is_address(named):
            raise BadKey(f"ROTATION_ADDRESS is not an address: {named}")
        return to_checksum_address(named)
    if not settings.CHAIN_EMBEDDED:
        raise BadKey(
            "ROTATION_ADDRESS must name the cold key that may replace the operator; keep that key off this machine"
        )
    folder: Path = settings.OPERATOR_KEYSTORE.parent
    return _ensure(folder / "rotation.json", folder / "rotation.password")


# --- files ---------------------------------------------------------------------------------------
def _ensure(keystore: Path, password_file: Path) -> str:
    if not keystore.exists():
        _write_once(password_file, lambda: secrets.token_urlsafe(32).encode())
        password = _read(password_file)
        _write_once(keystore, lambda: _new_keystore(password))
    return _address(keystore)


def _new_keystore(password: bytes) -> bytes:
    secret = secrets.token_bytes(32)
    content = create_keyfile_json(secret, password, kdf="scrypt", iterations=_SCRYPT_COST)
    return json.dumps({**content, "address": PrivateKey(secret).public_key.to_checksum_address()}).encode()


def _write_once(path: Path, content: Callable[[], bytes]) -> None:
    """Write a file that only its owner may read. One that exists, or that another process was faster with, stays."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o400)
    try:
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(content())
            handle.flush()
            os.fsync(handle.fileno())
        path.hardlink_to(temporary)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes().strip()
    except OSError as error:
        raise BadKey(f"{path} cannot be read: {error.strerror}") from error


def _stamp(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError as error:
        raise BadKey(
            f"{path} cannot be read: {error.strerror}; `manage.py deploy_contracts` makes a new hub's key"
        ) from error


def _address(keystore: Path) -> str:
    _stamp(keystore)
    try:
        return to_checksum_address(json.loads(_read(keystore))["address"])
    except (ValueError, KeyError, TypeError) as error:
        raise BadKey(f"{keystore} is not a keystore file with an address") from error


@lru_cache(maxsize=4)
def _unlock(keystore: Path, password_file: Path, _keystore_stamp: int, _password_stamp: int) -> Key:
    try:
        key = Key(decode_keyfile_json(json.loads(_read(keystore)), _read(password_file)))
    except (ValueError, KeyError, TypeError) as error:
        raise BadKey(f"the password in {password_file} does not open {keystore}") from error
    if key.address != _address(keystore):
        raise BadKey(f"{keystore} holds the key of {key.address}, not of the address it names")
    return key
