"""`manage.py succeed_log FOLDER_OR_URL`: begins this hub's log as the successor of one that ended."""

import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config.backups import servers
from config.backups.manifest import BadBackup
from ledger import sources, succession
from ledger.errors import LedgerError


class Command(BaseCommand):
    help = "Begin a new hub's log as the successor of one that ended: entry 0 commits to the frozen head of its copy."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "copy", metavar="FOLDER|URL", help="a whole copy of the log that ended (export_log, a mirror)"
        )
        parser.add_argument("--log-key", required=True, metavar="VKEY", help="the old log's verifier key string")
        parser.add_argument("--reason", required=True, choices=succession.REASONS, help="why it ended; the log says so")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if not settings.DATABASE_URL:
                code = servers.run_with_servers(sys.argv[1:])
                if code:
                    sys.exit(code)
                return
            call_command("migrate", interactive=False, verbosity=0)
            source = sources.open_source(options["copy"])
            log = succession.succeed(source, options["log_key"], options["reason"], timezone.now())
        except (BadBackup, LedgerError, OSError) as error:
            raise CommandError(f"No log was begun: {error}") from error
        self.stdout.write(f"{log.origin}\n{log.verifier_key}")
        self.stdout.write("Entry 0 commits to the log that ended. Publish the new key where the old one was known.")
