"""Rewards in numbers, for alarms."""

from rewards import obstacles
from web.health import register_gauge


def register() -> None:
    register_gauge(
        "akashi_epoch_stuck_seconds",
        "Seconds for which something has held up an epoch; 0 while all goes on",
        obstacles.stuck_seconds,
    )
