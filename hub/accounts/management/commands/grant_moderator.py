"""`manage.py grant_moderator HANDLE`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from hub.accounts import moderators, selectors
from hub.errors import HubError


class Command(BaseCommand):
    help = "Make a member a moderator, who may take down files and redact words. The log says so."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("handle")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            account = selectors.account_by_handle(options["handle"])
            moderators.grant_moderator(account=account, now=timezone.now())
        except HubError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{account.username} is a moderator now.")
