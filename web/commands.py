"""For commands whose exit code 2 has a meaning of its own: a wrong call must not end with it, as it does by default."""

import sys
from typing import NoReturn

from django.core.management.base import CommandError, CommandParser


def end_wrong_calls_with_1(parser: CommandParser) -> CommandParser:
    """The same parser; what it cannot read ends with exit code 1."""

    def error(message: str) -> NoReturn:
        if not parser.called_from_command_line:
            raise CommandError(f"Error: {message}")
        parser.print_usage(sys.stderr)
        parser.exit(1, f"{parser.prog}: error: {message}\n")

    parser.error = error  # type: ignore[method-assign]
    return parser
