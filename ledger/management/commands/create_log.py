from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from ledger.errors import LedgerError
from ledger.services import create_log


class Command(BaseCommand):
    help = "Create this hub's log with its key, or confirm that it is there and that the key is its own."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            log = create_log(timezone.now())
        except LedgerError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{log.origin}\n{log.verifier_key}")
