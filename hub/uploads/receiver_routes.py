"""The route of parts. Its body never passes through Django: `web.receiver` streams it to disk and hashes it."""

import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from hub.accounts.authentication import scope_account
from hub.errors import Invalid
from hub.uploads import rules, selectors, services
from hub.uploads.errors import PartDiffers
from hub.uploads.models import Upload
from web.exchange import Answer, header
from web.problems import standard
from web.receiver import ReceivedBody, Route, Scope, Ticket
from web.threads import in_thread

if TYPE_CHECKING:
    from hub.accounts.models import Account

DIGEST_HEADER = "x-part-sha256"
PATH = re.compile(
    r"/api/v1/uploads/(?P<upload>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/parts/(?P<index>[0-9]{1,5})"
)


@dataclass(frozen=True, slots=True)
class Announced:
    """The part that the sender said would come."""

    upload: Upload
    index: int
    sha256: str


async def gate(scope: Scope, match: re.Match[str]) -> Ticket:
    """Before a byte of the body is read: who sends, which part of which upload, how long it must be."""
    return await in_thread(_admit, scope, match)


def _admit(scope: Scope, match: re.Match[str]) -> Ticket:
    account = _sender(scope)
    upload, index = selectors.upload_of(account, uuid.UUID(match["upload"])), int(match["index"])
    length = services.announced_length(upload, index)
    digest = header(scope, DIGEST_HEADER)
    if not rules.is_digest(digest):
        raise Invalid("X-Part-Sha256", _("The digest must be a SHA-256 in 64 lower-case hex digits."))
    announced = header(scope, "content-length")
    if announced and announced != str(length):
        raise PartDiffers(_("The part does not have the length that it should have."))
    return Ticket(Announced(upload, index, digest), cap=length, sender=f"account-{account.pk}")


def _sender(scope: Scope) -> "Account":
    sender = scope_account(dict(scope))
    if sender.account is None:
        # A session that lacks the CSRF header is known but may not; a token that is unknown names nobody.
        raise standard(403 if sender.problem and not header(scope, "authorization") else 401, sender.problem)
    if not sender.can_write:
        raise standard(403, _("This token may only read."))
    return sender.account


def finish(ticket: Ticket, body: ReceivedBody) -> Answer:
    """The whole part is on disk: keep it if it is the one that was announced."""
    part: Announced = ticket.facts
    if body.sha256 != part.sha256:
        raise PartDiffers(_("The part changed on its way. It has to be sent again."))
    services.receive_part(part.upload, part.index, body.path, body.sha256, body.size, timezone.now())
    return Answer(200, {"index": part.index, "sha256": body.sha256, "size": body.size})


routes = [Route("PUT", PATH, gate, finish, cap=rules.part_plan(settings.FILE_BYTES).part_size)]
