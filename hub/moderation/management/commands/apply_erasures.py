"""`manage.py apply_erasures`, after a backup was restored."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from hub.moderation.restoring import apply_erasures


class Command(BaseCommand):
    help = "Erase again what the log says is erased, redacted or taken down. For use after a backup was restored."

    def handle(self, *args: Any, **options: Any) -> None:
        done = apply_erasures(timezone.now())
        self.stdout.write(f"Gone again: {done.accounts} accounts, {done.words} groups of words, {done.files} files.")
        if done.waiting:
            raise CommandError(
                f"{done.waiting} files could not be removed yet; the hub's logs say why. Run this again."
            )
