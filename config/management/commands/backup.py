"""`manage.py backup FOLDER`: a consistent copy of the whole hub, taken while it runs."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config.backups import manifest, taking
from config.backups.manifest import BadBackup
from web.commands import end_wrong_calls_with_1
from web.databases import must_answer


class Command(BaseCommand):
    help = "Take a consistent copy of the whole hub while it runs: database, stored files, log, epoch bundles, chain."
    requires_system_checks: list[str] = []

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> CommandParser:
        return end_wrong_calls_with_1(super().create_parser(prog_name, subcommand, **options))

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="where backups are kept; each gets a folder of its own below it")
        parser.add_argument("--keys", action="store_true", help="the hub's keys as well; then guard it like the keys")
        parser.add_argument(
            "--keep-days", type=int, metavar="N", help="then delete backups older than N days (at least 1)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        must_answer()
        if options["keep_days"] is not None and options["keep_days"] < 1:
            raise CommandError("--keep-days must be at least 1.")
        root: Path = options["folder"].resolve()
        try:
            found = taking.take(
                root, timezone.now(), self._tell, with_keys=options["keys"], keep_days=options["keep_days"]
            )
        except (BadBackup, OSError) as error:
            raise CommandError(f"No backup was taken: {error}") from error
        self.stdout.write(f"{root / manifest.folder_name(found.moment)}: {found.origin}, {found.size} entries")
        if not found.keys:
            self.stdout.write("The keys are not in it (--keys); without them a restored hub cannot sign.")
        if found.damaged:
            raise CommandError(
                f"{len(found.damaged)} stored files are damaged and are not in the backup: {', '.join(found.damaged[:5])}",
                returncode=2,
            )

    def _tell(self, words: str) -> None:
        self.stdout.write(f"  {words}")
        self.stdout.flush()
