"""A file sent by the real services: announced, cut into parts, completed."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from hub.uploads import selectors, services
from hub.uploads.models import Upload
from hub.uploads.rules import PART_BYTES

if TYPE_CHECKING:
    from hub.accounts.models import Account

PURPOSE = "revision:test"


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()


@dataclass
class Sender:
    """Somebody with a folder for the bodies that the receiver would have written."""

    account: "Account"
    folder: Path
    now: datetime

    def start(self, data: bytes, name: str = "data.csv", known: str | None = None) -> Upload:
        return services.start_upload(self.account, name, len(data), PURPOSE, self.now, sha256=known)

    def part(self, upload: Upload, index: int, data: bytes) -> None:
        body = self.folder / f"body-{index}"
        body.write_bytes(data)
        services.receive_part(upload, index, body, digest(data), len(data), self.now)

    def send(self, data: bytes, name: str = "data.csv") -> Upload:
        """All parts, not yet completed."""
        upload = self.start(data, name)
        for index in range(upload.part_count):
            self.part(upload, index, piece(data, index))
        return upload

    def complete(self, upload: Upload, data: bytes) -> Upload:
        return services.complete_upload(upload, digest(data), self.now)

    def store(self, data: bytes, name: str = "data.csv") -> Upload:
        """Sent, completed and checked."""
        from hub.uploads.checking import check_upload

        upload = self.complete(self.send(data, name), data)
        assert check_upload(upload.pk, lambda: self.now) == Upload.State.STORED
        upload.refresh_from_db()
        return upload


def piece(data: bytes, index: int) -> bytes:
    return data[index * PART_BYTES : (index + 1) * PART_BYTES]


def stored_bytes(sha: str) -> bytes:
    with selectors.blob_store().open(sha) as file:
        return file.read()
