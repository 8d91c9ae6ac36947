"""Signatures by EIP-712: the operator's under a head of the log, as the contract checks it, and a wallet's binding. Pure."""

from typing import Any

from eth_abi.abi import encode
from eth_keys.datatypes import Signature
from eth_keys.exceptions import BadSignature
from eth_utils.crypto import keccak
from eth_utils.exceptions import ValidationError

DOMAIN_TYPE = keccak(text="EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
HEAD_TYPE = keccak(text="Head(bytes32 origin,uint64 size,bytes32 root)")
NAME = keccak(text="Akashi CheckpointAnchor")
VERSION = keccak(text="1")
HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0


def head_digest(*, chain_id: int, contract: str, origin_hash: bytes, size: int, root: bytes) -> bytes:
    """The 32 bytes that the operator signs. `contract` is an address in hex; `origin_hash` and `root` have 32 bytes."""
    domain_types = ["bytes32", "bytes32", "bytes32", "uint256", "address"]
    domain = keccak(encode(domain_types, [DOMAIN_TYPE, NAME, VERSION, chain_id, contract]))
    head = keccak(encode(["bytes32", "bytes32", "uint64", "bytes32"], [HEAD_TYPE, origin_hash, size, root]))
    return keccak(b"\x19\x01" + domain + head)


def join(signature: Signature) -> bytes:
    """65 bytes r, s, v with v 27 or 28, as the contract takes them."""
    return bytes(signature.to_bytes()[:64]) + bytes([signature.v + 27])


def recover(digest: bytes, signature: bytes) -> str:
    """The checksummed address that made the signature.

    ValueError for anything the contract refuses too: a length other than 65, v other than 27 or 28, a high s, or no
    such point.
    """
    if len(signature) != 65 or signature[64] not in {27, 28}:
        raise ValueError("a signature has 65 bytes and ends in 27 or 28")
    if int.from_bytes(signature[32:64], "big") > HALF_ORDER:
        raise ValueError("the signature's s is in the upper half")
    try:
        found = Signature(signature[:64] + bytes([signature[64] - 27])).recover_public_key_from_msg_hash(digest)
    except (BadSignature, ValidationError) as error:
        raise ValueError(f"no key made this signature: {error}") from error
    return str(found.to_checksum_address())


# --- wallets -------------------------------------------------------------------------------------
_SITE_DOMAIN_TYPE = keccak(text="EIP712Domain(string name,string version,uint256 chainId)")
_SITE_NAME = "Akashi"
_BINDING_FIELDS = {"account": "bytes32", "wallet": "address", "nonce": "uint256", "deadline": "uint64"}
_BINDING_TYPE = keccak(text="WalletBinding(bytes32 account,address wallet,uint256 nonce,uint64 deadline)")


def binding_digest(*, chain_id: int, account: bytes, wallet: str, nonce: int, deadline: int) -> bytes:
    """The 32 bytes that a wallet signs to be bound to an account: `account` is the pseudonym's 16 bytes, `deadline` in
    Unix seconds. `recover` of it gives the wallet.
    """
    domain_types = ["bytes32", "bytes32", "bytes32", "uint256"]
    domain = keccak(encode(domain_types, [_SITE_DOMAIN_TYPE, keccak(text=_SITE_NAME), VERSION, chain_id]))
    values = [_BINDING_TYPE, _account_word(account), wallet, nonce, deadline]
    return keccak(b"\x19\x01" + domain + keccak(encode(["bytes32", *_BINDING_FIELDS.values()], values)))


def binding_typed_data(*, chain_id: int, account: bytes, wallet: str, nonce: int, deadline: int) -> dict[str, Any]:
    """The same as an object for `eth_signTypedData_v4`. Integers beyond 2^53 are decimal text, as JSON needs them."""
    domain = {"name": "string", "version": "string", "chainId": "uint256"}
    return {
        "types": {"EIP712Domain": _typed(domain), "WalletBinding": _typed(_BINDING_FIELDS)},
        "primaryType": "WalletBinding",
        "domain": {"name": _SITE_NAME, "version": "1", "chainId": chain_id},
        "message": {
            "account": "0x" + _account_word(account).hex(),
            "wallet": wallet,
            "nonce": str(nonce),
            "deadline": deadline,
        },
    }


def _typed(fields: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "type": kind} for name, kind in fields.items()]


def _account_word(account: bytes) -> bytes:
    """The pseudonym's 16 bytes, then 16 zeros. ValueError for any other length."""
    if len(account) != 16:
        raise ValueError("a pseudonym has 16 bytes")
    return account.ljust(32, b"\0")
