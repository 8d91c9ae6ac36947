"""A hub that can be backed up, lost and put back: the ledger of these tests with stored files and epoch bundles."""

import hashlib
import io
import shutil
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from hub.uploads.models import Blob
from hub.uploads.selectors import blob_store
from ledger import guard
from tests.ledger.conftest import Ledger


class Hub:
    """The commands of an operator, and the accidents."""

    def __init__(self, ledger: Ledger, settings: Settings, folder: Path) -> None:
        self.ledger = ledger
        self.settings = settings
        self.backups = folder / "backups"
        settings.DATA_DIR = folder / "data"
        settings.DATA_DIR.mkdir()
        settings.BLOB_DIR = folder / "data" / "blobs"
        settings.EPOCH_DIR = folder / "data" / "epochs"

    def store(self, data: bytes) -> str:
        """A stored file and its row; returns the digest."""
        digest = hashlib.sha256(data).hexdigest()
        temporary = blob_store().temporary()
        temporary.write_bytes(data)
        blob_store().put(temporary, digest)
        Blob.objects.create(sha256=digest, size=len(data), stored=timezone.now())
        return digest

    def backup(self, **options: object) -> Path:
        """Takes a backup; returns its folder."""
        before = set(self.backups.glob("*Z"))
        call_command("backup", self.backups, stdout=io.StringIO(), **options)
        return next(iter(set(self.backups.glob("*Z")) - before))

    def restore(self, folder: Path | None = None, **options: object) -> str:
        """What the command says when it ends well."""
        out = io.StringIO()
        guard.chain_memory.forget()
        call_command("restore", *([] if folder is None else [folder]), stdout=out, **options)
        return out.getvalue()

    def refused(self, folder: Path | None = None, *, code: int = 1, **options: object) -> str:
        """What the command says when it does not."""
        with pytest.raises(CommandError) as caught:
            self.restore(folder, **options)
        assert caught.value.returncode == code, str(caught.value)
        return str(caught.value)

    def lose_database(self) -> None:
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA public CASCADE")
            cursor.execute("CREATE SCHEMA public AUTHORIZATION pg_database_owner")
        connection.close()

    def lose_folders(self) -> None:
        for folder in (self.settings.LOG_DIR, self.settings.DATA_DIR):
            shutil.rmtree(folder, ignore_errors=True)
        self.settings.DATA_DIR.mkdir()

    def lose_chain(self) -> None:
        """A chain that stands where it stood before anything was anchored would do as well; here nobody answers."""
        assert self.ledger.node is not None
        self.ledger.node.kill()
