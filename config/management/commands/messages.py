"""`manage.py messages collect|compile|check`: the translations."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import messages


class Command(BaseCommand):
    help = "Collect strings into locale/, compile them, or check that every language is complete."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["collect", "compile", "check"])

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "collect":
            template = messages.collect()
            for language in messages.LANGUAGES:
                messages.save(language, messages.merge(language, template))
        elif options["action"] == "compile":
            for language in messages.LANGUAGES:
                messages.compile_catalogue(language)
        else:
            found = [line for language in messages.LANGUAGES for line in messages.complaints(language)]
            if found:
                raise CommandError("\n".join(found))
