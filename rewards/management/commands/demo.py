"""`manage.py demo`: real content for a new hub, through the real services. Running it again adds what is missing."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from hub.demo import accounts_file, content, together
from hub.explore import demo_state
from rewards import demo


class Command(BaseCommand):
    help = (
        "Publish datasets that scikit-learn ships and models trained on them, contribute to them, assess, and be paid."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        passwords = content.people(timezone.now)
        if passwords:
            self.stdout.write(accounts_file.add(passwords))
        try:
            content.publish(timezone.now, self._report)
            demo.bind_wallets(timezone.now, self._report)
            together.work_together(timezone.now, self._report)
            self.stdout.write("Demo content is published.")
            demo.wait_and_claim(timezone.now, self._report)
        except demo.NotPaid as error:
            raise CommandError(str(error)) from error
        finally:
            demo_state.report("")
        self.stdout.write("Demo content is complete.")

    def _report(self, words: str) -> None:
        demo_state.report(words)
        self.stdout.write(words)
        self.stdout.flush()
