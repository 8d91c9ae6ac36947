"""`manage.py prepare`: everything between running servers and the first page, in one process. Safe to run at every start."""

import time
from collections.abc import Callable
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils import timezone

from chain.services import deploy_contracts, deploy_distribution
from ledger.services import create_log
from rewards.policy import FIRST
from rewards.services import set_first_policy


class Command(BaseCommand):
    help = (
        "Compile translations, collect static files, migrate, create the log and deploy the contracts; or check them."
    )
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.step("translations", lambda: call_command("messages", "compile"))
        self.step("static files", lambda: call_command("collectstatic", interactive=False, verbosity=0))
        self.step("database tables", lambda: call_command("migrate", interactive=False, verbosity=0))
        self.step("log", lambda: create_log(timezone.now()))
        self.step("contracts", self.deploy)

    def deploy(self) -> None:
        """The anchor is bound to the log's name, so the log comes first, and the first rules follow the contract."""
        deploy_contracts(now=timezone.now(), origin=create_log(timezone.now()).origin)
        deploy_distribution(first_policy=bytes.fromhex(FIRST.hash), now=timezone.now())
        set_first_policy(timezone.now())

    def step(self, words: str, act: Callable[[], object]) -> None:
        self.stdout.write(f"  {words:<44}", ending="")
        self.stdout.flush()
        began = time.monotonic()
        act()
        self.stdout.write(f"{time.monotonic() - began:6.1f} s")
        self.stdout.flush()
