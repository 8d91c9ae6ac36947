"""A receiver of bodies as the tests need it; run as a program, a whole site with Django behind the receiver.

python -m tests.web.receiver_site FOLDER     prints its port, serves until its standard input ends
"""

import hashlib
import re
import resource
import shutil
import sys
import threading
from pathlib import Path
from typing import Any

from django.utils import translation

from web.exchange import Message, Receive, Scope, Send, header
from web.problems import Problem, standard
from web.receiver import Answer, ReceivedBody, Receiver, Refusal, Route, Ticket

CAP = 128 * 1024 * 1024
SMALL_CAP = 10_000


class Full(Exception):
    """Stands for a room's error that nobody registered."""


class Site:
    """Routes whose gate asks for `Authorization: yes`, and what reached them."""

    def __init__(self, folder: Path) -> None:
        self.incoming, self.kept = folder / "incoming", folder / "kept"
        self.kept.mkdir(parents=True, exist_ok=True)
        self.asked: list[str] = []
        self.finished: list[ReceivedBody] = []
        self.open_gate = threading.Event()

    def receiver(self, application: Any = None, **options: Any) -> Receiver:
        routes = [
            Route("PUT", re.compile(r"/bodies/(?P<name>\w+)"), self.gate, self.finish, CAP),
            Route("PUT", re.compile(r"/small/(?P<name>\w+)"), self.gate, self.finish, SMALL_CAP),
        ]
        return Receiver(application or echo, routes, folder=self.incoming, **options)

    async def gate(self, scope: Scope, match: "re.Match[str]") -> Ticket | Refusal:
        self.asked.append(match["name"])
        if header(scope, "authorization") != "yes":
            return Refusal(standard(401))
        if match["name"] == "narrow":
            return Ticket(match["name"], cap=100)
        return Ticket(match["name"], sender=header(scope, "x-sender"))

    def finish(self, ticket: Ticket, body: ReceivedBody) -> Answer:
        self.finished.append(body)
        match ticket.facts:
            case "problem":
                raise Problem(422, "digest-differs", "The digest differs", "Send the part again.", part=7)
            case "defect":
                raise Full("disk sda1 of host quokka")
            case "held":
                assert self.open_gate.wait(30)
            case "kept":
                shutil.move(body.path, self.kept / body.sha256)
        with (self.kept / body.sha256 if ticket.facts == "kept" else body.path).open("rb") as stored:
            on_disk = hashlib.file_digest(stored, "sha256").hexdigest()
        language = translation.get_language()
        facts = {"sha256": body.sha256, "size": body.size, "on_disk": on_disk, "language": language}
        return Answer(201, facts, {"Location": f"/bodies/{ticket.facts}"})

    def left_over(self) -> list[Path]:
        return list(self.incoming.iterdir())


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the size of the body it was sent."""
    size, more = 0, True
    while more:
        message: Message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": str(size).encode()})


def memory() -> int:
    """The most memory this process has had, in KiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // 1024 if sys.platform == "darwin" else peak


def main(folder: Path) -> None:
    from django.conf import settings
    from django.core.asgi import get_asgi_application

    from tests.web.serving import Serving

    settings.ROOT_URLCONF = "tests.web.urls"
    with Serving(Site(folder).receiver(get_asgi_application())) as serving:
        print(serving.port, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
