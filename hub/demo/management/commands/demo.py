"""`manage.py demo`: real content for a new hub, through the real services. Running it again adds what is missing."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from hub.demo import content, together
from hub.explore import demo_state


class Command(BaseCommand):
    help = "Publish datasets that scikit-learn ships and models trained on them, contribute to them, decide and assess."

    def handle(self, *args: Any, **options: Any) -> None:
        passwords = content.people(timezone.now)
        if passwords:
            self._keep(passwords)
        try:
            content.publish(timezone.now, self._report)
            together.work_together(timezone.now, self._report)
        finally:
            demo_state.report("")
        self.stdout.write("Demo content is complete.")

    def _report(self, words: str) -> None:
        demo_state.report(words)
        self.stdout.write(words)
        self.stdout.flush()

    def _keep(self, passwords: dict[str, str]) -> None:
        """Prints the passwords once, and keeps them in a file that only its owner reads."""
        lines = "".join(f"{name}  {password}\n" for name, password in passwords.items())
        path = settings.DATA_DIR / "demo-accounts.txt"
        path.touch(mode=0o600)
        path.write_text(lines, encoding="utf-8")
        self.stdout.write(lines)
