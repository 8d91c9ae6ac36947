"""`manage.py deploy_contracts`: puts the contracts on the chain, or confirms that they are there."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from chain.errors import ChainError
from chain.services import deploy_contracts, deploy_distribution
from rewards.policy import FIRST


class Command(BaseCommand):
    help = (
        "Put the contracts on the chain, or confirm that they are there. Makes the operator's key on the first start."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--origin", help="the log's origin line (default: LOG_ORIGIN, or a new local name)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = deploy_contracts(now=timezone.now(), origin=options["origin"])
            self.stdout.write(f"CheckpointAnchor {found.anchor_address} on chain {found.chain_id}, log {found.origin}")
            made = deploy_distribution(first_policy=bytes.fromhex(FIRST.hash), now=timezone.now())
        except ChainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"EpochDistributor {made.distributor_address}, HubToken {made.token_address}")
        self.stdout.write(f"guardian {made.guardian}, council {made.council}, rules {made.first_policy}")
