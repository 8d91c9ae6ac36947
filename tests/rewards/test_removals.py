"""What moderators remove changes nobody's pay: neither of epochs that are over nor of those to come."""

from tests.rewards.log_builder import HUB, REPOSITORY, Log, actor


def test_takedowns_and_redactions_change_no_allocation() -> None:
    log = Log()
    log.set_policy()
    log.grant("dave")
    work = log.own_work("first", "alice")
    log.assess(work, "dave")
    size = len(log.bodies)
    before, record = log.calculate(0), log.record()
    assert before.allocation.accounts
    log.add("moderator.granted", actor("mona"), HUB, {})
    removed = {"digest": "0" * 64, "reason": "personal_data"}
    for event_type in ("content.taken_down", "content.redacted"):
        log.add(event_type, REPOSITORY, "mona", removed, {"reason": {"reason": "A patient is named."}})
    log.add("moderator.revoked", actor("mona"), HUB, {})
    after = log.calculate(0)
    assert after.allocation == before.allocation
    assert log.calculate(0, size=size).allocation == before.allocation
    assert log.record(size) == record
