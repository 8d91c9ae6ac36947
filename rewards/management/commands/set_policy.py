"""`manage.py set_policy FILE --from-epoch N`: logs the rules of epochs that have not begun, as the council announced them."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from chain.errors import ChainError
from rewards import policy
from rewards.errors import RewardsError
from rewards.services import set_policy


class Command(BaseCommand):
    help = "Log a policy that the council has announced on the chain, for epochs that have not begun."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the policy as JSON, in any layout")
        parser.add_argument("--from-epoch", type=int, required=True, help="the first epoch that it rules")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            wanted = policy.parse(json.loads(options["file"].read_text(encoding="utf-8")))
            row = set_policy(wanted, first_epoch=options["from_epoch"], now=timezone.now())
        except (OSError, ValueError, RewardsError, ChainError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"policy {row.hash} is in force from epoch {row.first_epoch} on")
