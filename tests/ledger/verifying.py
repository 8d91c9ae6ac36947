"""What the tests of the stand-alone verifier share: a bundle's members, and a bundle that a lying hub signs."""

import hashlib
from pathlib import Path
from typing import Any

from ledger import akashi_verify, canonical, note
from ledger.akashi_verify import FileDigest, Report
from tests.ledger.world import World

SCRIPT = Path(akashi_verify.__file__)
README, CSV = b"# Wine\n", b"1,2,3\n"
Members = dict[str, Any]


def passed(report: Report, code: str) -> list[bool | None]:
    return [check.passed for check in report.checks if check.code == code]


def file(name: str, content: bytes) -> FileDigest:
    return FileDigest(name, hashlib.sha256(content).digest(), len(content))


def members_of(text: str) -> Members:
    members: Members = canonical.decode(note.Note.from_text(text).text[:-1].encode())
    return members


def resigned(world: World, members: Members) -> bytes:
    """A bundle that a lying hub signs with the true key."""
    return note.sign(canonical.encode(members).decode() + "\n", [world.signer]).as_text().encode()
