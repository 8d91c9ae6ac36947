from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ledger.errors import LedgerError
from ledger.exporting import export_log
from web.databases import must_answer


class Command(BaseCommand):
    help = "Copy the published log into a folder of static files, verified while it is copied, for any file server."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="a new folder, or one with an earlier copy, which is continued")

    def handle(self, *args: Any, **options: Any) -> None:
        must_answer()
        folder: Path = options["folder"]
        try:
            found = export_log(folder.resolve(), lambda done, of: self.stdout.write(f"{done} of {of} entries"))
        except (LedgerError, OSError) as error:
            raise CommandError(f"The log was not copied: {error}") from error
        self.stdout.write(f"{found.origin}, size {found.head.size}, root {found.head.root.hex()}")
        self.stdout.write(f"{found.head.size - found.before} new entries; the whole copy leads to the signed root.")
