"""`manage.py deploy_contracts`: puts CheckpointAnchor on the chain, or confirms that it is there."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from chain.errors import ChainError
from chain.services import deploy_contracts


class Command(BaseCommand):
    help = "Put the contract on the chain, or confirm that it is there. Makes the operator's key on the first start."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--origin", help="the log's origin line (default: LOG_ORIGIN, or a new local name)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = deploy_contracts(now=timezone.now(), origin=options["origin"])
        except ChainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"CheckpointAnchor {found.anchor_address} on chain {found.chain_id}, log {found.origin}")
