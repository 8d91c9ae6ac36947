"""What the commands that follow a log elsewhere have in common: their exit codes, and the key that they trust."""

import time
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ledger import following
from ledger.errors import LedgerError
from ledger.fetching import Client
from ledger.note import Ed25519Key

NOTHING, FOUND, BROKEN, UNREACHABLE = 0, 1, 2, 3


class FollowCommand(BaseCommand):
    """A command that runs anywhere, without a hub's database. A wrong call ends with 3, never with the 2 of a fork."""

    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("url", help="the hub's address, such as https://hub.example")
        parser.add_argument("--log-key", help="the verifier key that you trust; without it the first one seen is kept")
        often = parser.add_mutually_exclusive_group()
        often.add_argument("--once", action="store_true", help="look once and end; the default")
        often.add_argument("--every", type=float, metavar="SECONDS", help="look again and again")

    def run_from_argv(self, argv: list[str]) -> None:
        try:
            super().run_from_argv(argv)
        except SystemExit as end:
            # argparse ends wrong calls with 2; a broken log has been said by `broken`, which sets the mark.
            raise SystemExit(UNREACHABLE if end.code == BROKEN and not self._is_broken else end.code) from None

    _is_broken = False

    def broken(self, words: str) -> NoReturn:
        """Ends with 2."""
        self._is_broken = True
        raise CommandError(words, returncode=BROKEN)

    def handle(self, *args: Any, **options: Any) -> None:
        every = options["every"]
        if every is not None and not 1 <= every <= 7 * 86_400:
            raise CommandError("--every takes 1 to 604800 seconds", returncode=UNREACHABLE)
        while True:
            try:
                code = self.look(options)
            except (LedgerError, OSError) as error:
                if every is None:
                    raise CommandError(f"{error}", returncode=UNREACHABLE) from error
                self.stderr.write(f"{error}")
            else:
                if every is None and code != NOTHING:
                    raise SystemExit(code)
            if every is None:
                return
            time.sleep(every)

    def look(self, options: dict[str, Any]) -> int:
        """One look; returns the exit code. Errors of the ledger and of the system end with 3."""
        raise NotImplementedError

    def trusted_key(self, client: Client, options: dict[str, Any], saved: Ed25519Key | None, where: Path) -> Ed25519Key:
        """The key given, else the one saved, else the one that the log names now. A given one has to be the saved one."""
        given = None if options["log_key"] is None else Ed25519Key.from_vkey(options["log_key"])
        if saved is not None:
            if given is not None and given != saved:
                raise CommandError(f"{where} belongs to the log key {saved.vkey}", returncode=UNREACHABLE)
            return saved
        if given is not None:
            return given
        key, _ = following.read_key(client)
        self.stderr.write(f"No --log-key was given. Trusting what the log says now: {key.vkey}")
        return key
