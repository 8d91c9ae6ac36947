"""The two keys behind a checkpoint: the log's own Ed25519 key and the anchoring operator's."""

import os
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from chain import keys as chain_keys
from chain import selectors as chain
from chain import signatures
from chain.errors import ChainError
from ledger.checkpoint import OperatorVerifier, operator_name, origin_hash
from ledger.durable import sync_folder
from ledger.errors import BadNote, WrongKey
from ledger.note import Ed25519Key, Ed25519Signer, Note, OperatorKey, Signature


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


# --- the operator --------------------------------------------------------------------------------
def operator_key(origin: str) -> OperatorKey:
    """The key behind the second signature line.

    Raises `chain.errors.NotDeployed` before there is a contract, `WrongKey` when the contract is of another log.
    """
    return _operator_key(origin, chain.deployment(), chain.operator_address())


def operator_keys(origin: str) -> list[OperatorKey]:
    """The key of `operator_key`, and then those that rotations have replaced: they stand under older checkpoints."""
    deployment = chain.deployment()
    known = dict.fromkeys((chain.operator_address(), *deployment.retired))
    return [_operator_key(origin, deployment, address) for address in known]


def operator_verifier(origin: str, signed: str = "") -> OperatorVerifier:
    """Verifies the second signature line; with a signed note that of whichever operator of this log the note names."""
    return verifier_among(operator_keys(origin), signed)


def verifier_among(known: Sequence[OperatorKey], signed: str) -> OperatorVerifier:
    """The same, of operators that were looked up before. A note that names none of them is one for the first to refuse."""
    try:
        named = {(line.name, line.key_id) for line in Note.from_text(signed).signatures} if signed else set()
    except BadNote:
        named = set()
    found = next((key for key in known if (key.name, key.key_id) in named), known[0])
    return OperatorVerifier(found, recover_head)


def verifier_keys(origin: str, log_key: str) -> list[str]:
    """The verifier key strings, as `/log/key` has them: the log's, and once there is a contract the operators'."""
    try:
        return [log_key, *(key.vkey for key in operator_keys(origin))]
    except ChainError:
        return [log_key]


def _operator_key(origin: str, deployment: chain.Deployment, operator: str) -> OperatorKey:
    if deployment.origin != origin:
        raise WrongKey(
            f"The contract at {deployment.anchor_address} is of the log {deployment.origin}, not of {origin}."
        )
    return OperatorKey(
        operator_name(origin),
        deployment.chain_id,
        bytes.fromhex(deployment.anchor_address.removeprefix("0x")),
        bytes.fromhex(operator.removeprefix("0x")),
    )


def sign_as_operator(origin: str, size: int, root: bytes) -> Signature:
    """The second signature line of a checkpoint."""
    key = operator_key(origin)
    signature = chain_keys.sign_head(
        chain_id=key.chain_id, contract=_address(key.contract), origin_hash=origin_hash(origin), size=size, root=root
    )
    return Signature(key.name, key.key_id, signature)


def recover_head(
    *, chain_id: int, contract: bytes, origin_hash: bytes, size: int, root: bytes, signature: bytes
) -> bytes | None:
    """Who signed an EIP-712 head, as `ledger.checkpoint.RecoverHead` has it."""
    digest = signatures.head_digest(
        chain_id=chain_id, contract=_address(contract), origin_hash=origin_hash, size=size, root=root
    )
    try:
        return bytes.fromhex(signatures.recover(digest, signature).removeprefix("0x"))
    except ValueError:
        return None


def _address(contract: bytes) -> str:
    return "0x" + contract.hex()


# --- files ---------------------------------------------------------------------------------------
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
    sync_folder(file.parent)
