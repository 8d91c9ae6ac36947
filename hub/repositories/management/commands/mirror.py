from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from hub.repositories.mirroring import FileMirror
from ledger import monitoring
from ledger.fetching import Client
from ledger.follow_command import NOTHING, FollowCommand
from ledger.mirroring import Mirror
from ledger.monitoring import Alarm


class Command(FollowCommand):
    help = (
        "Keep a verified copy of a hub's log, and with --files of its public bytes, in a folder that any file server can "
        "publish. Ends with 0: the copy is up to date; 2: the log or a file is not what was signed; 3: the hub cannot be reached."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("folder", type=Path, help="where the copy is kept")
        parser.add_argument("--files", action="store_true", help="copy the bytes of public repositories as well")

    def handle(self, *args: Any, **options: Any) -> None:
        self._mirror, self._files = Mirror(options["folder"]), FileMirror(options["folder"])
        super().handle(*args, **options)

    def look(self, options: dict[str, Any]) -> int:
        client = Client(options["url"])
        try:
            key = self.trusted_key(client, options, self._mirror.key(), options["folder"])
            try:
                head = self._mirror.update(client, key)
            except Alarm as alarm:
                saved = self._mirror.saved(key)
                beside = options["folder"] / "mirror"
                evidence = monitoring.keep_evidence(beside, options["url"], saved, alarm, timezone.now())
                self.broken(f"The log {key.name} is broken: {alarm}. Both checkpoints are in {evidence}.")
            self.stdout.write(f"{head.origin}: {head.size} entries are copied and verified.")
            if options["files"]:
                self._copy_files(client, head.size)
        finally:
            client.close()
        return NOTHING

    def _copy_files(self, client: Client, size: int) -> None:
        done = self._files.copy(client, (body for _, body in self._mirror.entries(size)))
        self.stdout.write(
            f"{done.revisions} revisions looked through, {done.files} new files ({done.bytes} bytes); "
            f"{done.hidden} revisions and {done.gone} files are not public."
        )
        if done.wrong:
            self.broken("The hub's bytes are not what the log says: " + "; ".join(done.wrong[:20]))
