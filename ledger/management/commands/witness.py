from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ledger.errors import LedgerError
from ledger.note import Ed25519Key
from ledger.witness_server import WitnessServer
from ledger.witness_state import WitnessState


class Command(BaseCommand):
    help = (
        "Be a witness: cosign the checkpoints of logs as long as each extends the last. Needs files only, no database and no "
        "chain; runs until it is stopped."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", required=True, help="the witness's name, such as witness.example/w1; for good")
        parser.add_argument("--state", required=True, type=Path, help="its folder: key and what it cosigned; keep it")
        parser.add_argument("--log", required=True, action="append", help="a log's verifier key; may be given again")
        parser.add_argument("--listen", default="127.0.0.1:8100", help="HOST:PORT (default %(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = _address(options["listen"])
        try:
            logs = [Ed25519Key.from_vkey(key) for key in options["log"]]
            state = WitnessState(options["state"], options["name"], logs)
            server = WitnessServer(host, port, state)
        except LedgerError as error:
            raise CommandError(str(error)) from error
        except (OSError, OverflowError) as error:
            raise CommandError(f"The witness cannot start: {error}") from error
        self.stdout.write(state.signer.key.vkey)
        self.stdout.write(f"listening on {host}:{server.server_port}")
        self.stdout.flush()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            pass
        finally:
            server.server_close()


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not (colon and host and port.isascii() and port.isdecimal() and len(port) < 6):
        raise CommandError(f"--listen takes HOST:PORT, not {text!r}")
    return host.removeprefix("[").removesuffix("]"), int(port)
