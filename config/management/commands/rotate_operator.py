"""`manage.py rotate_operator`: takes the next step of replacing the operator's key. Run it until it is done."""

from argparse import RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from chain import rotating
from chain.errors import ChainError
from chain.rotating import Rotation
from web.commands import end_wrong_calls_with_1
from web.databases import must_answer

WAITING = 2


class Command(BaseCommand):
    help = "Replace the operator's key: announced by the cold key, applied after the public delay, then switched to."

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> CommandParser:
        codes = "exit codes: 0 the hub signs with the new key\n            1 a step failed\n            2 it waits; run it again"
        parser = super().create_parser(
            prog_name, subcommand, epilog=codes, formatter_class=RawDescriptionHelpFormatter, **options
        )
        return end_wrong_calls_with_1(parser)

    def add_arguments(self, parser: CommandParser) -> None:
        choice = parser.add_mutually_exclusive_group()
        choice.add_argument(
            "--begin", action="store_true", help="make a new key beside the present one and announce it"
        )
        choice.add_argument(
            "--to", default="", metavar="ADDRESS", help="the new key lies elsewhere (a KMS) and has this address"
        )
        choice.add_argument("--cancel", action="store_true", help="withdraw the announcement and delete the new key")

    def handle(self, *args: Any, **options: Any) -> None:
        must_answer()
        now = timezone.now()
        try:
            found = (
                rotating.cancel(now)
                if options["cancel"]
                else rotating.rotate(now, options["to"], begin=options["begin"])
            )
        except ChainError as error:
            raise CommandError(str(error)) from error
        self._tell(found)
        if not found.over:
            raise CommandError(
                f"Not done yet: {found.operator} still signs. Run the command again.", returncode=WAITING
            )
        self.stdout.write(f"The operator is {found.operator}.")

    def _tell(self, found: Rotation) -> None:
        for words in found.done:
            self.stdout.write(words)
        for order in found.orders:
            self.stdout.write(f"{order.seat}: {order.sender} has to send this; its key is not here:")
            self.stdout.write(f"  {order.command}")
            self.stdout.write(f"  or, with any wallet, to {order.to} the data 0x{order.data.hex()}")
        for words in found.waits:
            self.stdout.write(words)
