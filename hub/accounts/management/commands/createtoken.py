"""`manage.py createtoken USERNAME`: make an API token and print it."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from hub.accounts import selectors, services
from hub.errors import HubError
from web.databases import must_answer


class Command(BaseCommand):
    help = "Print a new API token of an account. Only its SHA-256 is kept, so it cannot be printed again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", default="command line", help="what the token is for")
        parser.add_argument("--scope", choices=["read", "write"], default="write")
        parser.add_argument("--days", type=int, default=0, help="days until it ends; 0 for never")

    def handle(self, *args: Any, **options: Any) -> None:
        must_answer()
        now = timezone.now()
        if not 0 <= options["days"] <= 36_500:
            raise CommandError("--days must be from 0 to 36500")
        expires = now + timedelta(days=options["days"]) if options["days"] else None
        try:
            account = selectors.account_by_handle(options["username"])
            if not account.is_active:
                raise CommandError("This account is closed.")
            _token, plaintext = services.create_token(account, options["name"], options["scope"], now, expires)
        except HubError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(plaintext)
