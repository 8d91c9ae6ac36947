"""`manage.py bench_revisions OWNER/NAME N`: publish N small revisions of a dataset, for measurements."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from hub.accounts import selectors as accounts
from hub.repositories import selectors as repositories
from hub.repositories import services
from hub.repositories.changes import Change


class Command(BaseCommand):
    help = "Publish many small revisions of a dataset through the real service."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("repository")
        parser.add_argument("count", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        owner, _slash, name = options["repository"].partition("/")
        account = accounts.account_by_handle(owner)
        repository = repositories.visible_repository(account, "dataset", owner, name)
        for number in range(options["count"]):
            change = Change("numbers.csv", content=f"n\n{number}\n".encode())
            services.publish_revision(
                account=account, repository=repository, changes=[change], message=f"Number {number}.", kind="data",
                now=timezone.now(), metrics=[{"name": "accuracy", "value": f"0.{number:06d}", "n": 100}],
            )  # fmt: skip
