"""What the chain room refuses, and why a call to the chain failed."""


class ChainError(Exception):
    """Root of this room's errors."""


class ChainUnavailable(ChainError):
    """No node answers, or only with errors that say nothing about our request. Trying again later may help."""


class WrongChain(ChainError):
    """A node serves another chain than the settings name. Nothing is sent to it."""


class ForeignCode(ChainError):
    """At the contract's address stands code that we did not compile."""


class NotDeployed(ChainError):
    """The contract is not on the chain, and nothing in the outbox would put it there."""


class BadKey(ChainError):
    """The operator's key file is missing, unreadable, or its password does not open it."""


class CallReverted(ChainError):
    """The contract refused the call. `name` is the name of its error (`NotGrowing`, say), empty if it gave none."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


class NodeRefused(ChainError):
    """A node answered a call with a JSON-RPC error."""

    def __init__(self, code: int, message: str, data: bytes = b"") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data
