"""Refuses to sign a head that would contradict one that was signed before.

What was signed before is remembered in three places: the database, a file beside the log's tiles, and the chain. A
database restored from an older backup forgets; the file and the chain do not.
"""

import time

from chain import calls
from chain.errors import ChainError
from ledger.errors import Fork
from ledger.storage import Store
from ledger.tree_files import Head, root_of_entries

RETRY_SECONDS = 30.0


class ChainMemory:
    """Compares with the chain's head once in the life of a process: later heads are this log's own.

    While the chain does not answer it is asked again every `RETRY_SECONDS`, so that an outage does not slow the log.
    """

    def __init__(self) -> None:
        self._compared: set[str] = set()
        self._ask_after = 0.0

    def head(self, contract: str, *, required: bool) -> Head | None:
        """The chain's head, or None when there is none, it was compared before, or the chain does not answer.

        Where the answer is `required` the chain is always asked, and `ChainError` raised when it does not answer.
        """
        if not required and (contract in self._compared or time.monotonic() < self._ask_after):
            return None
        try:
            found = calls.read_head()
        except ChainError:
            self._ask_after = time.monotonic() + RETRY_SECONDS
            if required:
                raise
            return None
        if found.size == 0:
            self._compared.add(contract)
            return None
        return Head(found.size, bytes(found.root))

    def forget(self) -> None:
        """Compare again, as a new process would."""
        self._compared.clear()
        self._ask_after = 0.0

    def agreed(self, contract: str) -> None:
        """The head that was handed out was found in the log."""
        self._compared.add(contract)


chain_memory = ChainMemory()


def refuse_fork(head: Head, last: Head, store: Store, contract: str) -> None:
    """Raises `Fork` unless `head` extends everything that was ever signed. `last` is the database's last checkpoint.

    Reads the sequenced entries only where the other memories differ from the database's. Raises `ChainError` when
    there is no file and the chain, its only substitute, does not answer: what the database says of what was signed
    before, that nothing ever was included, is not believed on its own.
    """
    _refuse_unless_extends(head, last, last)
    signed = store.signed_head()
    if signed is not None:
        _refuse_unless_extends(head, Head(signed.size, signed.root), last)
    anchored = chain_memory.head(contract, required=signed is None)
    if anchored is not None:
        _refuse_unless_extends(head, anchored, last)
        chain_memory.agreed(contract)


def _refuse_unless_extends(head: Head, signed: Head, last: Head) -> None:
    if signed.size > head.size:
        raise Fork(
            f"Size {signed.size} was signed already, but the database holds only {head.size} entries. "
            "It was probably restored from an older backup; restore a newer one."
        )
    known = last.root if signed.size == last.size else root_of_entries(signed.size)
    if known != signed.root:
        raise Fork(f"Size {signed.size} was signed already with another root. Signing now would fork the log.")
