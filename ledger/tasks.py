"""The ledger's share of the schedule. Every task may run twice or not at all: the next one finds what is left to do."""

import logging

from celery import shared_task
from django.utils import timezone

from chain import services as chain
from chain.errors import ChainError
from ledger import anchoring, auditing, cosigning, publisher, sequencer
from ledger.errors import LedgerError
from ledger.models import Log

logger = logging.getLogger(__name__)


@shared_task(name="ledger.sequence_and_publish")
def sequence_and_publish() -> None:
    """Give pending entries their places, then publish a checkpoint over them."""
    if not Log.objects.exists():
        return
    try:
        while sequencer.sequence() == sequencer.BATCH:
            pass
    except LedgerError as error:
        # What has its place already can be published all the same.
        logger.critical("Nothing was sequenced: %s", error)
    try:
        publisher.publish(timezone.now())
    except ChainError as error:
        # Before the contract stands the operator's line cannot be signed; entries wait in the log.
        logger.warning("No checkpoint was published: %s", error)
    except LedgerError as error:
        # It will not go away by itself, and is logged until somebody looks; the audit shows it in public.
        logger.critical("No checkpoint was published: %s", error)


@shared_task(name="ledger.ask_witnesses")
def ask_witnesses() -> None:
    """Ask witnesses for the newest checkpoint's cosignatures, in threads: the log does not wait for anybody's answer."""
    cosigning.start(timezone.now())


@shared_task(name="ledger.anchor")
def anchor() -> None:
    """Anchor what is due, move the outbox on, and copy what it learnt."""
    now = timezone.now()
    for step in (anchoring.anchor_due, chain.advance, anchoring.follow_anchors):
        try:
            step(now)
        except ChainError as error:
            logger.warning("The chain has to wait: %s", error)
        except LedgerError as error:
            logger.critical("Nothing was anchored: %s", error)


@shared_task(name="ledger.audit_touched")
def audit_touched() -> None:
    """Compare what the newest checkpoints touched."""
    auditing.audit_touched(timezone.now())


@shared_task(name="ledger.audit_full")
def audit_full() -> None:
    """Compare everything."""
    auditing.audit_full(timezone.now())
