"""`manage.py create_log`: the log of this hub, made once. Later it checks that name and key still fit."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from ledger import services
from ledger.errors import LedgerError


class Command(BaseCommand):
    help = "Create the log with its key and its first entry, or check the one that is there."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            log = services.create_log(timezone.now())
        except LedgerError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(log.origin)
