"""A key that never leaves its place: a command signs (`OPERATOR_SIGNER=command`), so any KMS with a command line will do.

The command of `OPERATOR_COMMAND` is run without a shell. It gets the 32 bytes of the digest on its standard input and
answers on its standard output with the signature: 65 bytes r, s, v or 64 bytes r, s in hexadecimal, or DER in base64 or
hexadecimal, as key services write it. What it answers is believed only if it recovers to `OPERATOR_ADDRESS`; an s in the
upper half, which the contracts refuse, is turned over. Neither its answer nor what it complains of is logged.
"""

import base64
import binascii
import shlex
import subprocess
from collections.abc import Iterator

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from eth_utils.address import is_address, to_checksum_address

from chain.errors import BadKey
from chain.signatures import HALF_ORDER, recover
from chain.transactions import SigningKey

SECONDS = 30
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_LONGEST = 1_000


class CommandKey(SigningKey):
    """The key of `address`, reached through a command."""

    def __init__(self, address: str, command: str) -> None:
        if not is_address(address):
            raise BadKey(
                f"OPERATOR_ADDRESS must be the address of the key that OPERATOR_COMMAND signs with: {address!r}"
            )
        self.address = to_checksum_address(address)
        try:
            self._words = shlex.split(command)
        except ValueError as error:
            raise BadKey(f"OPERATOR_COMMAND cannot be read: {error}") from error
        if not self._words:
            raise BadKey("OPERATOR_COMMAND must name the command that signs")

    def __repr__(self) -> str:
        return f"CommandKey({self.address})"

    def sign_digest(self, digest: bytes) -> bytes:
        answer = self._ask(digest)
        for r, s in _read(answer):
            if not 0 < r < ORDER or not 0 < s < ORDER:
                continue
            low = s if s <= HALF_ORDER else ORDER - s
            for v in (27, 28):
                signature = r.to_bytes(32, "big") + low.to_bytes(32, "big") + bytes([v])
                if self._is_own(digest, signature):
                    return signature
        raise BadKey(f"what the signer command answered is no signature by {self.address}")

    def _ask(self, digest: bytes) -> str:
        try:
            done = subprocess.run(  # noqa: S603  (the operator's own command)
                self._words, input=digest, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=SECONDS
            )
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise BadKey(f"the signer command {self._words[0]} cannot be run: {reason}") from None
        except subprocess.TimeoutExpired:
            raise BadKey(f"the signer command did not answer within {SECONDS} seconds") from None
        if done.returncode:
            raise BadKey(f"the signer command ended with exit code {done.returncode}")
        return done.stdout[:_LONGEST].decode("ascii", "replace").strip()

    def _is_own(self, digest: bytes, signature: bytes) -> bool:
        try:
            return recover(digest, signature) == self.address
        except ValueError:
            return False


def _read(answer: str) -> Iterator[tuple[int, int]]:
    """r and s in each form that the answer can be read in."""
    for data in _bytes(answer):
        if len(data) in {64, 65}:
            yield int.from_bytes(data[:32], "big"), int.from_bytes(data[32:64], "big")
        try:
            yield decode_dss_signature(data)
        except ValueError:
            continue


def _bytes(answer: str) -> Iterator[bytes]:
    try:
        yield bytes.fromhex(answer.removeprefix("0x"))
    except ValueError:
        pass
    try:
        yield base64.b64decode(answer, validate=True)
    except (binascii.Error, ValueError):
        pass
