"""`manage.py replay_chain`: asks the chain about everything that was ever sent, and compares."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from chain.errors import ChainError
from rewards.replaying import replay_chain
from web.databases import must_answer


class Command(BaseCommand):
    help = "Compare every anchor, transaction and event since the deployment with the chain. /status shows the result."

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> CommandParser:
        codes = "exit codes: 0 all is as recorded; 1 something differs, or the chain does not answer"
        return super().create_parser(prog_name, subcommand, epilog=codes, **options)

    def handle(self, *args: Any, **options: Any) -> None:
        must_answer()
        try:
            found = replay_chain(timezone.now())
        except ChainError as error:
            raise CommandError(f"Nothing was compared: {error}") from error
        for words in found.differences:
            self.stdout.write(words)
        where = f"blocks {found.first_block} to {found.last_block}, {found.transactions} transactions"
        if found.differences:
            raise CommandError(f"{len(found.differences)} differences in {where}.")
        self.stdout.write(f"Everything is as recorded: {where}.")
