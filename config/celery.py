"""The Celery application, its queues and the whole schedule.

`log`: sequence, publish, anchor, confirm; one process of its own, so that hashing never delays it.
`bytes`: hash, scan, preview. `default`: everything else.
"""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("akashi")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


def _every(task: str, seconds: float, queue: str) -> dict[str, object]:
    """A task that is worth nothing once the next one is due, so it expires by then."""
    return {"task": task, "schedule": seconds, "options": {"queue": queue, "expires": max(seconds, 1.0)}}


app.conf.beat_schedule = {
    "sequence and publish": _every("ledger.sequence_and_publish", 1, "log"),
    "ask witnesses": _every("ledger.ask_witnesses", 1, "log"),
    "anchor": _every("ledger.anchor", 2, "log"),
    "audit what was touched": _every("ledger.audit_touched", 5, "default"),
    "epochs and claims": _every("rewards.advance", 5, "default"),
    # The first look after a start reads every file, later ones what was touched.
    "look at bundles": _every("rewards.check_bundles", 600, "default"),
    "requeue uploads whose worker died": _every("uploads.requeue", 30, "default"),
    "remove what was taken down": _every("uploads.remove_taken_down", 30, "default"),
    "expire old uploads": _every("uploads.expire", 3600, "default"),
    "read stored bytes again": _every("uploads.verify_blobs", 600, "bytes"),
    "release files of what was not accepted": _every("contributions.release_files", 3600, "default"),
    "expire idempotency keys": _every("web.expire_idempotency", 3600, "default"),
    "read bundles again": {
        "task": "rewards.check_bundles",
        "schedule": crontab(hour="4", minute="17"),
        "kwargs": {"afresh": True},
        "options": {"queue": "default", "expires": 3600},
    },
    "replay the chain": {
        "task": "rewards.replay_chain",
        "schedule": crontab(hour="5", minute="17"),
        "options": {"queue": "default", "expires": 3600},
    },
    "full audit": {
        "task": "ledger.audit_full",
        "schedule": crontab(hour="3", minute="17"),
        "options": {"queue": "default", "expires": 3600},
    },
}
app.conf.task_routes = {
    "ledger.audit_*": {"queue": "default"},
    "ledger.*": {"queue": "log"},
    "chain.*": {"queue": "log"},
    "uploads.check": {"queue": "bytes"},
}
