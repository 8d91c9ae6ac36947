"""Keys in files: an encrypted keystore (Web3 Secret Storage, version 3) beside a password file.

The password is 256 random bits, so the key derivation only has to be correct, not slow. Both files are readable by their
owner only, and a file that exists is never written over.
"""

import json
import os
import secrets
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from eth_keyfile.keyfile import create_keyfile_json, decode_keyfile_json
from eth_keys.datatypes import PrivateKey
from eth_utils.address import to_checksum_address

from chain.errors import BadKey
from chain.signatures import join
from chain.transactions import SigningKey

_SCRYPT_COST = 1 << 13


class Key(SigningKey):
    """A private key in memory. Its text forms do not show it."""

    def __init__(self, secret: bytes) -> None:
        self._key = PrivateKey(secret)
        self.address = self._key.public_key.to_checksum_address()

    def __repr__(self) -> str:
        return f"Key({self.address})"

    def sign_digest(self, digest: bytes) -> bytes:
        return join(self._key.sign_msg_hash(digest))


def ensure(keystore: Path, password_file: Path) -> str:
    """Make a key and its password file if the keystore is missing; returns the address."""
    if not keystore.exists():
        _write_once(password_file, lambda: secrets.token_urlsafe(32).encode())
        password = _read(password_file)
        _write_once(keystore, lambda: _new_keystore(password))
    return address(keystore)


def unlock(keystore: Path, password_file: Path) -> Key:
    """The key; `BadKey` when its files are missing or do not fit together. Files that were replaced are read again."""
    return _unlock(keystore, password_file, _stamp(keystore), _stamp(password_file))


def address(keystore: Path) -> str:
    """The address, from the keystore's public part; `BadKey` when there is none."""
    _stamp(keystore)
    try:
        return to_checksum_address(json.loads(_read(keystore))["address"])
    except (ValueError, KeyError, TypeError) as error:
        raise BadKey(f"{keystore} is not a keystore file with an address") from error


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
    # Its name has to survive a power cut as well: the next thing may be to announce this key on a chain.
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


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


@lru_cache(maxsize=4)
def _unlock(keystore: Path, password_file: Path, _keystore_stamp: int, _password_stamp: int) -> Key:
    try:
        key = Key(decode_keyfile_json(json.loads(_read(keystore)), _read(password_file)))
    except (ValueError, KeyError, TypeError) as error:
        raise BadKey(f"the password in {password_file} does not open {keystore}") from error
    if key.address != address(keystore):
        raise BadKey(f"{keystore} holds the key of {key.address}, not of the address it names")
    return key
