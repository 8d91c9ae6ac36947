"""`/status`: how the hub is, and since when something is wrong."""

import shutil
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chain import selectors as chain
from chain.errors import ChainError
from hub.explore import demo_state
from hub.explore.troubles import troubles
from ledger import disagreements, lateness
from ledger import selectors as ledger


@require_safe
def status(request: HttpRequest) -> HttpResponse:
    facts = ledger.log_facts()
    audit = ledger.last_audit()
    events = chain.recent_events()
    context: dict[str, Any] = {
        "troubles": troubles(timezone.now(), events),
        "replayed": lateness.replayed(),
        "facts": facts,
        "predecessor": ledger.predecessor(),
        "pending": ledger.pending_count(),
        "checkpoint": ledger.latest_checkpoint(),
        "audit": audit,
        "witnesses": ledger.witnesses(),
        "disagreements": disagreements.told(ledger.open_mismatches(), request.user),
        "events": events,
        "replay": chain.last_replay(),
        "chain": _chain(),
        "embedded": chain.is_embedded(),
        "disk": shutil.disk_usage(settings.DATA_DIR),
        "demo": demo_state.progress(),
    }
    return render(request, "explore/status.html", context)


def _chain() -> dict[str, Any]:
    """Figures of the chain, or why there are none."""
    try:
        return {"facts": chain.chain_facts(), "problem": ""}
    except ChainError as error:
        return {"facts": None, "problem": str(error) or _("The chain does not answer.")}
