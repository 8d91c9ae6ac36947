"""`manage.py restore FOLDER`: puts a backup back, and says what the log lacks before anything is signed."""

import sys
from argparse import RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config.backups import manifest, restoring, servers
from config.backups.manifest import BadBackup
from ledger import recovering, sources
from ledger.auditing import audit_full
from ledger.errors import LedgerError
from web.commands import end_wrong_calls_with_1

MISSING = 2
_EPILOG = """exit codes: 0 restored, and the log can go on
            1 nothing usable came of it; the message says why
            2 restored, but the log lacks entries that were signed: the hub runs and publishes nothing"""


class Command(BaseCommand):
    help = "Put a backup into an empty database and data folder. Signs nothing, and says what is missing of what was signed."
    requires_system_checks: list[str] = []

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> CommandParser:
        parser = super().create_parser(
            prog_name, subcommand, epilog=_EPILOG, formatter_class=RawDescriptionHelpFormatter, **options
        )
        return end_wrong_calls_with_1(parser)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "folder", type=Path, nargs="?", help="a backup, or the folder that holds them (then the newest whole one)"
        )
        parser.add_argument("--replace", default="", metavar="ORIGIN", help="the log that the database may lose")
        parser.add_argument(
            "--without-damaged", action="store_true", help="leave out stored files that are damaged in the backup"
        )
        parser.add_argument(
            "--checkpoint",
            type=Path,
            action="append",
            default=[],
            metavar="FILE",
            help="a checkpoint somebody else kept",
        )
        parser.add_argument(
            "--entries-from", default="", metavar="FOLDER|URL",
            help="put back missing entries from a copy of the log: an export, a mirror, an address",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        if options["folder"] is None and not options["entries_from"]:
            raise CommandError("Name the backup's folder, or --entries-from.")
        try:
            folder = manifest.newest(options["folder"].resolve()) if options["folder"] is not None else None
            if not settings.DATABASE_URL:
                self._with_servers(folder)
            elif folder is None:
                self._go_on(None, options)
            elif servers.is_inside():
                self._restore(folder, options)
            else:
                with servers.hub_is_off():
                    self._restore(folder, options)
        except (BadBackup, OSError) as error:
            raise CommandError(str(error)) from error

    def _with_servers(self, folder: Path | None) -> None:
        """The embedded servers are off with the hub: start them, and do the work in a process that finds them."""
        if folder is not None:
            restoring.put_chain(folder, manifest.read(folder))
        code = servers.run_with_servers(sys.argv[1:])
        if code:
            sys.exit(code)

    def _restore(self, folder: Path, options: dict[str, Any]) -> None:
        self._tell(f"backup {folder}")
        restoring.read_notes(options["checkpoint"])  # a path that was mistyped is said before anything is replaced
        found = restoring.restore(
            folder, self._tell, replace=options["replace"], without_damaged=options["without_damaged"]
        )
        missing = restoring.missing_files()
        if missing:
            self._tell(f"{missing} stored files that the database names are not here; their pages will say so")
        if not settings.LOG_KEY_FILE.exists():
            self._tell(f"the log's key is not here: put it into {settings.LOG_KEY_FILE}, or nothing can be signed")
        self.stdout.write(f"The hub of {found.origin} is back as of {found.taken}.")
        self._go_on(folder, options)

    def _go_on(self, folder: Path | None, options: dict[str, Any]) -> None:
        found = restoring.stand(options["checkpoint"], folder)
        if options["entries_from"]:
            self._complete(options["entries_from"], found)
            found = restoring.stand(options["checkpoint"], folder)
        for known in found.log.known:
            self._tell(f"signed: {known.words}")
        if found.silence:
            self._tell(f"the chain was not asked ({found.silence}); the hub asks before it signs")
        if not found.log.whole:
            raise CommandError(_WAYS_OUT.format(missing=found.log.missing), returncode=MISSING)
        self.stdout.write(
            f"The log stands at {found.log.own.size} entries and extends everything that is known to be signed."
        )

    def _complete(self, place: str, found: restoring.Stand) -> None:
        try:
            done = recovering.complete(sources.open_source(place), found.log.known)
        except LedgerError as error:
            raise CommandError(f"No entries were put back: {error}") from error
        self._tell(f"{done.added} entries put back, {done.placed} had waited here, up to size {done.head.size}")
        if done.returned:
            self._tell(f"{done.returned} entries that were never published get new places")
        restoring.remove_again(self._tell)
        run = audit_full(timezone.now())
        if run is not None and run.mismatches:
            self._tell(
                f"{run.mismatches} rows differ from what the log says: a log does not hold everything; see /status"
            )

    def _tell(self, words: str) -> None:
        self.stdout.write(f"  {words}")
        self.stdout.flush()


_WAYS_OUT = """The log lacks {missing}: they were signed and are not in this database.
The hub can be started. It serves and records, but publishes nothing, because that would fork the log. Ways out:
  - put the entries back from a copy of the log, a mirror or an export:
      manage.py restore --entries-from FOLDER_OR_URL
  - restore a newer backup
  - if no copy exists anywhere, the log has to end here and a new one has to begin: docs/operations.md"""
