"""The operator's secp256k1 key, wherever it lies, and the cold key that may replace it.

By default the key is an encrypted keystore in files; with `OPERATOR_SIGNER=command` it is somewhere else and a command
signs. Files are made once, by `deploy_contracts` and by a rotation; nothing else makes a key, because a lost disk must not
turn into a second operator.
"""

import os
from pathlib import Path

from django.conf import settings
from eth_utils.address import is_address, to_checksum_address

from chain import keystore
from chain.command_key import CommandKey
from chain.errors import BadKey
from chain.keystore import Key
from chain.signatures import head_digest
from chain.transactions import SignedTransaction, SigningKey

__all__ = ["Key", "SignedTransaction", "SigningKey"]


# --- the operator --------------------------------------------------------------------------------
def is_elsewhere() -> bool:
    """Whether the operator's key is reached through a command."""
    return bool(settings.OPERATOR_SIGNER == "command")


def ensure_operator_key() -> str:
    """Make the operator's key if neither of its files exists and it lies in files; returns its address."""
    if is_elsewhere():
        return operator_address()
    return keystore.ensure(settings.OPERATOR_KEYSTORE, settings.OPERATOR_PASSWORD_FILE)


def operator_key() -> SigningKey:
    """The operator's key; `BadKey` when its files are missing or do not fit together, or its command is not named."""
    if is_elsewhere():
        return CommandKey(settings.OPERATOR_ADDRESS, settings.OPERATOR_COMMAND)
    return keystore.unlock(settings.OPERATOR_KEYSTORE, settings.OPERATOR_PASSWORD_FILE)


def operator_address() -> str:
    """The operator's address, from the keystore's public part or the settings; `BadKey` when there is none."""
    if is_elsewhere():
        return CommandKey(settings.OPERATOR_ADDRESS, settings.OPERATOR_COMMAND).address
    return keystore.address(settings.OPERATOR_KEYSTORE)


def sign_head(*, chain_id: int, contract: str, origin_hash: bytes, size: int, root: bytes) -> bytes:
    """The operator's 65-byte signature under a head, as `CheckpointAnchor.anchorSigned` takes it."""
    digest = head_digest(chain_id=chain_id, contract=contract, origin_hash=origin_hash, size=size, root=root)
    return operator_key().sign_digest(digest)


# --- the next operator -----------------------------------------------------------------------------
def next_address() -> str | None:
    """The address of the key that was made to replace the operator's; None when none was."""
    file, _ = _next_files()
    return keystore.address(file) if file.exists() else None


def ensure_next_key() -> str:
    """Make the key that is to replace the operator's, beside it; returns its address."""
    return keystore.ensure(*_next_files())


def forget_next_key() -> None:
    """Delete the key that was to replace the operator's. Only for one that nobody announced."""
    for path in _next_files():
        path.unlink(missing_ok=True)


def finish_switch() -> None:
    """Complete a switch that was cut off between its two renames."""
    file, password = _next_files()
    if file.exists() and not password.exists():
        _rename(file, settings.OPERATOR_KEYSTORE)


def switch_to_next() -> str:
    """Put the next key into the operator's place; the old files stay beside it under their address. Returns the address.

    Two renames: between them the operator's key cannot be opened and nothing is signed, until `finish_switch`.
    """
    file, password = _next_files()
    found, old = keystore.unlock(file, password).address, operator_address()
    here: Path = settings.OPERATOR_KEYSTORE
    for path in (here, settings.OPERATOR_PASSWORD_FILE):
        kept = path.with_name(f"{path.stem}-{old}{path.suffix}")
        if path.exists() and not kept.exists():
            kept.hardlink_to(path)
    _rename(password, settings.OPERATOR_PASSWORD_FILE)
    _rename(file, here)
    return found


def _next_files() -> tuple[Path, Path]:
    paths = (settings.OPERATOR_KEYSTORE, settings.OPERATOR_PASSWORD_FILE)
    file, password = (path.with_name(f"{path.stem}-next{path.suffix}") for path in paths)
    return file, password


def _rename(source: Path, target: Path) -> None:
    source.replace(target)
    descriptor = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# --- the cold key ----------------------------------------------------------------------------------
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
    return keystore.ensure(*_rotation_files())


def key_here(address: str) -> SigningKey | None:
    """The key of an address if it is the rotation key of an embedded chain, which lies here; None for all others."""
    file, password = _rotation_files()
    if not settings.CHAIN_EMBEDDED or not file.exists() or keystore.address(file) != to_checksum_address(address):
        return None
    return keystore.unlock(file, password)


def _rotation_files() -> tuple[Path, Path]:
    folder: Path = settings.OPERATOR_KEYSTORE.parent
    return folder / "rotation.json", folder / "rotation.password"
