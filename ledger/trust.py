"""What a stranger must know beforehand to tell this hub's log from another: its key and its contract."""

from dataclasses import dataclass

from chain import selectors as chain
from chain.errors import ChainError
from ledger.models import Log


@dataclass(frozen=True)
class TrustAnchors:
    """`log_key` is a verifier key string, `contract` an address; each is None while there is none."""

    log_key: str | None
    contract: str | None

    @property
    def command(self) -> str:
        """How to run the verifier with them on some bundle."""
        return self.command_for("NAME.bundle")

    def command_for(self, bundle: str) -> str:
        """How to run the verifier with them on the file `bundle`."""
        words = [f"python3 akashi_verify.py {bundle}"]
        if self.log_key:
            words.append(f"--log-key '{self.log_key}'")
        if self.contract:
            words.append(f"--contract {self.contract}")
        return " \\\n  ".join(words)


def trust_anchors() -> TrustAnchors:
    """The log's key and the contract that anchors it."""
    log = Log.objects.first()
    try:
        contract: str | None = chain.deployment().anchor_address
    except ChainError:
        contract = None
    return TrustAnchors(log.verifier_key if log else None, contract)
