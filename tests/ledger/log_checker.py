"""Re-reads and re-verifies a whole published log after each step, with a reader of its own.

Nothing is imported from the ledger: paths, tiles, bundles, notes and hashes are read as the C2SP documents and RFC 9162
describe them, in the plainest way there is.
"""

import base64
import hashlib
import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def root_of(hashes: list[bytes]) -> bytes:
    """RFC 9162 section 2.1.1, by its recursive definition."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return hashlib.sha256(b"\x01" + root_of(hashes[:split]) + root_of(hashes[split:])).digest()


def address(prefix: str, number: int, width: int) -> str:
    digits = f"{number:03d}"
    while len(digits) % 3:
        digits = "0" + digits
    groups = [digits[place : place + 3] for place in range(0, len(digits), 3)]
    path = "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])
    return f"{prefix}/{path}" + ("" if width == 256 else f".p/{width}")


class LogChecker:
    """Remembers every head it has seen, so that no later one may contradict it."""

    def __init__(self, folder: Path, verifier_key: str) -> None:
        self.folder = folder
        self.name, key_id, key = verifier_key.split("+", 2)
        public = base64.b64decode(key)
        assert hashlib.sha256(self.name.encode() + b"\n" + public).digest()[:4].hex() == key_id
        self.key_id, self.public = bytes.fromhex(key_id), Ed25519PublicKey.from_public_bytes(public[1:])
        self.seen: dict[int, bytes] = {}

    def check(self) -> int:
        """Verifies everything that is published; returns the size, 0 before the first checkpoint."""
        if not (self.folder / "checkpoint").exists():
            return 0
        size, root = self._open_checkpoint()
        entries = self._entries(size)
        hashes = [leaf_hash(entry) for entry in entries]
        assert root_of(hashes) == root, "the entries do not lead to the signed root"
        self._check_tiles(hashes)
        for old, old_root in self.seen.items():
            assert old <= size, f"the log went back from size {old} to {size}"
            assert root_of(hashes[:old]) == old_root, f"the log forked below size {old}"
        self.seen[size] = root
        self._check_signed_head(size, hashes)
        return size

    def entries(self) -> list[bytes]:
        return self._entries(self._open_checkpoint()[0])

    def _open_checkpoint(self) -> tuple[int, bytes]:
        text, lines = self._checkpoint_text().split("\n\n")
        origin, size, root = text.split("\n")
        assert origin == self.name
        signatures = [line.split(" ") for line in lines.splitlines()]
        assert [dash for dash, _, _ in signatures] == ["—", "—"], "two signature lines"
        own = [base64.b64decode(value) for _, name, value in signatures if name == self.name]
        assert len(own) == 1
        assert own[0][:4] == self.key_id
        self.public.verify(own[0][4:], f"{text}\n".encode())
        return int(size), base64.b64decode(root)

    def _checkpoint_text(self) -> str:
        return (self.folder / "checkpoint").read_text()

    def _read(self, prefix: str, number: int, width: int) -> bytes:
        """A tile: under its own name, or as it is once it is full."""
        for stored in (width, 256):
            path = self.folder / address(prefix, number, stored)
            if path.exists():
                return path.read_bytes()
        raise AssertionError(f"{address(prefix, number, width)} is missing")

    def _entries(self, size: int) -> list[bytes]:
        entries: list[bytes] = []
        for number in range(-(-size // 256)):
            data = self._read("tile/entries", number, min(256, size - 256 * number))
            while data:
                length = int.from_bytes(data[:2], "big")
                entries.append(data[2 : 2 + length])
                data = data[2 + length :]
        return entries[:size]

    def _check_tiles(self, hashes: list[bytes]) -> None:
        level = 0
        while hashes:
            for number in range(-(-len(hashes) // 256)):
                wanted = hashes[256 * number : 256 * number + 256]
                data = self._read(f"tile/{level}", number, len(wanted))
                assert data[: 32 * len(wanted)] == b"".join(wanted), f"tile {number} of level {level}"
            hashes = [root_of(hashes[place : place + 256]) for place in range(0, len(hashes) // 256 * 256, 256)]
            level += 1

    def _check_signed_head(self, size: int, hashes: list[bytes]) -> None:
        signed = json.loads((self.folder / "signed_head.json").read_text())
        assert signed["size"] >= size, "a checkpoint was shown before its signature was remembered"
        if signed["size"] == size:
            assert bytes.fromhex(signed["root"]) == root_of(hashes)
