import re
import smtplib
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from ledger import monitoring
from ledger.entry import is_subject
from ledger.errors import Unreachable
from ledger.fetching import Client
from ledger.follow_command import FOUND, NOTHING, UNREACHABLE, FollowCommand
from ledger.monitoring import Alarm, Filter, Look, Saved

_ACTOR = re.compile(r"acct:[0-9a-f]{32}|sys:hub")
_MAIL_LINES = 1_000


class Command(FollowCommand):
    help = (
        "Follow a log: verify that it only grows, hash every new entry, and report those by an actor or about a subject. "
        "Ends with 0: nothing to report; 1: entries were reported; 2: a fork, or a log that is not what it signed; 3: the log "
        "or a receiver of reports cannot be reached."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--state", required=True, type=Path, help="file that remembers the last verified checkpoint"
        )
        parser.add_argument("--actor", action="append", default=[], help="acct:…; report what it did; may be repeated")
        parser.add_argument("--subject", action="append", default=[], help="repo:… and the like; may be repeated")
        parser.add_argument("--webhook", help="address that is sent each report as JSON")
        parser.add_argument("--mail", help="address that is sent each report by mail, by the settings EMAIL_…")

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = [word for word in options["actor"] if not _ACTOR.fullmatch(word)]
        wrong += [word for word in options["subject"] if not is_subject(word)]
        if wrong:
            raise CommandError(f"{wrong[0]!r} is no actor or subject of an entry", returncode=UNREACHABLE)
        super().handle(*args, **options)

    def look(self, options: dict[str, Any]) -> int:
        file, client = options["state"], Client(options["url"])
        try:
            saved = monitoring.load(file)
            known = saved.key if saved else None
            saved = saved or Saved(self.trusted_key(client, options, known, file))
            self.trusted_key(client, options, saved.key, file)
            try:
                found = monitoring.look(
                    client, saved, Filter(frozenset(options["actor"]), frozenset(options["subject"]))
                )
            except Alarm as alarm:
                self._raise_alarm(options, saved, alarm)
        finally:
            client.close()
        self._report(options, found)
        if found.published != saved.published:
            monitoring.save(file, Saved(saved.key, found.published))
        return FOUND if found.matches else NOTHING

    def _report(self, options: dict[str, Any], found: Look) -> None:
        """Whoever wants to know is told; raises `Unreachable` when somebody could not be."""
        for match in found.matches:
            self.stdout.write(match.line())
        self.stdout.flush()
        if options["webhook"]:
            for report in monitoring.reports(options["url"], found):
                monitoring.post(options["webhook"], report)
        if options["mail"] and found.matches:
            lines = [match.line() for match in found.matches[:_MAIL_LINES]]
            if len(found.matches) > _MAIL_LINES:
                lines.append(f"and {len(found.matches) - _MAIL_LINES} more")
            self._mail(options["mail"], f"{len(found.matches)} entries in {found.published.head.origin}", lines)

    def _raise_alarm(self, options: dict[str, Any], saved: Saved, alarm: Alarm) -> None:
        """Evidence first, then everybody is told, and whatever happens with that the command ends with 2."""
        evidence = monitoring.keep_evidence(options["state"], options["url"], saved, alarm, timezone.now())
        words = f"The log {saved.key.name} at {options['url']} is broken: {alarm}. Both checkpoints are in {evidence}."
        try:
            if options["webhook"]:
                monitoring.post(options["webhook"], monitoring.alarm_report(options["url"], saved, alarm))
        except Unreachable as error:
            self.stderr.write(f"{error}")
        try:
            if options["mail"]:
                self._mail(options["mail"], f"ALARM: the log {saved.key.name} is broken", [words])
        except Unreachable as error:
            self.stderr.write(f"{error}")
        self.broken(words)

    def _mail(self, address: str, subject: str, lines: list[str]) -> None:
        try:
            send_mail(subject, "\n".join(lines) + "\n", settings.DEFAULT_FROM_EMAIL, [address])
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable(f"mail to {address}", str(error)) from error
