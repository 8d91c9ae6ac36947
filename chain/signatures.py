"""The operator's signature under a head of the log: EIP-712, the same digest that the contract computes. Pure."""

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
