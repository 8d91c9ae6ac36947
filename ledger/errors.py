"""What the ledger refuses. Every error of this room descends from `LedgerError`; its text is meant for a person."""


class LedgerError(Exception):
    """The root of the ledger's errors."""


class NotCanonical(LedgerError):
    """A value or text that RFC 8785 with the ledger's restrictions (no fractions, integers below 2**53) refuses."""


class BadEntry(LedgerError):
    """An entry, or what it should be built from, that breaks the entry format."""


class BadNote(LedgerError):
    """A text that is not a signed note, or a verifier or signer key string that does not parse."""


class BadSignature(BadNote):
    """A signature by a known key that does not verify, or a required signature that is missing."""


class BadCheckpoint(LedgerError):
    """A note text that is not a checkpoint of this log."""


class BadTile(LedgerError):
    """A tile, tile address or entry bundle that breaks the tile format."""


class InvalidProof(LedgerError):
    """An inclusion or consistency proof that does not prove what it should."""


class BadBundle(LedgerError):
    """A bundle that breaks the bundle format."""


class NotFound(LedgerError):
    """No entry, checkpoint or anchor under that name."""


class NotInTransaction(LedgerError):
    """An entry was recorded outside a database transaction, so its change could be lost without it or it without its change."""


class Fork(LedgerError):
    """The log was asked to sign a head that does not extend the last signed one."""


class Damaged(LedgerError):
    """Stored bytes of the log differ from what was recorded; nothing is signed over them."""


class WrongKey(LedgerError):
    """The log's key file is missing, unreadable, or holds another key than the one the log was created with."""


class BadOrigin(LedgerError):
    """A name that no log may have: empty, longer than 90 characters, or with a space, a plus sign or a control character."""


class Unreachable(LedgerError):
    """Somebody elsewhere does not answer, not in time, or not what was asked for. `reason` leaves out where."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.reason = reason


class NotServed(Unreachable):
    """Somebody elsewhere says that there is nothing under the address."""


class Busy(Unreachable):
    """Somebody elsewhere asks for patience (status 429 or 503); `seconds` is for how long."""

    def __init__(self, where: str, reason: str, seconds: int) -> None:
        super().__init__(where, reason)
        self.seconds = seconds


class Broken(LedgerError):
    """What a log elsewhere serves is not what it signed."""


class Forked(Broken):
    """A log elsewhere signed two heads that contradict each other, or cannot show that one extends the other."""
