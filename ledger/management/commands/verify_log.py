from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ledger import storage
from ledger.errors import LedgerError
from ledger.log_checks import check_log
from ledger.models import Log
from ledger.publisher import last_head
from ledger.tree_files import rebuild_files
from web.databases import must_answer


class Command(BaseCommand):
    help = "Recompute the whole log from its entries and compare it with its files, its checkpoints and the chain."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--repair",
            action="store_true",
            help="first write the log's files again from its entries, if those are sound",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        must_answer()
        if not Log.objects.exists():
            raise CommandError("There is no log yet; `manage.py create_log` makes one.")
        if options["repair"]:
            self._repair()
        result = check_log(storage.store(), full=True)
        wrong = {finding.column for finding in result.findings}
        for name in result.made:
            self.stdout.write(f"{'DIFFERS' if name in wrong else 'agrees '}  {name}")
        for name in sorted(result.unchecked):
            self.stdout.write(f"skipped  {name}: the chain does not answer")
        for finding in result.findings:
            self.stdout.write(f"{finding.column}: expected {finding.expected or 'agreement'}, found {finding.found}")
        if result.findings:
            raise CommandError("The log does not agree with itself.")

    def _repair(self) -> None:
        try:
            rebuild_files(storage.store(), last_head())
        except LedgerError as error:
            raise CommandError(f"The files cannot be made from the entries: {error}.") from error
