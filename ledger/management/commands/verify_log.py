from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ledger import storage
from ledger.errors import LedgerError
from ledger.log_checks import check_log
from ledger.models import Log
from ledger.publisher import last_head
from ledger.recovering import spoilt_entries
from ledger.tree_files import rebuild_files
from web.commands import end_wrong_calls_with_1
from web.databases import must_answer


class Command(BaseCommand):
    help = "Recompute the whole log from its entries and compare it with its files, its checkpoints and the chain."
    unasked = 2

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> CommandParser:
        codes = (
            "exit codes: 0 everything agrees; 1 something differs; 2 what could be checked agrees, the chain was silent"
        )
        return end_wrong_calls_with_1(super().create_parser(prog_name, subcommand, epilog=codes, **options))

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
        spoilt = spoilt_entries()
        self.stdout.write(f"{'DIFFERS' if spoilt else 'agrees '}  entries")
        result = check_log(storage.store(), full=True)
        if not result.made and not result.unchecked:
            self.stdout.write("Nothing was published yet, so there is nothing else to compare.")
        wrong = {finding.column for finding in result.findings}
        for name in result.made:
            self.stdout.write(f"{'DIFFERS' if name in wrong else 'agrees '}  {name}")
        for name in sorted(result.unchecked):
            self.stdout.write(f"skipped  {name}: the chain does not answer")
        for finding in result.findings:
            self.stdout.write(f"{finding.column}: expected {finding.expected or 'agreement'}, found {finding.found}")
        if spoilt:
            self.stdout.write(f"entries: {spoilt} are not what was recorded")
        if result.findings or spoilt:
            raise CommandError("The log does not agree with itself.")
        if result.unchecked:
            raise CommandError("What could be checked agrees; the chain could not be asked.", returncode=self.unasked)

    def _repair(self) -> None:
        try:
            rebuild_files(storage.store(), last_head())
        except LedgerError as error:
            raise CommandError(f"The files cannot be made from the entries: {error}.") from error
