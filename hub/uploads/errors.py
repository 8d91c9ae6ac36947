"""What the uploads refuse beyond the hub's own errors."""

from collections.abc import Sequence

from hub.errors import Conflict, Invalid, Words


class PartDiffers(Invalid):
    """The bytes that arrived are not the part that was announced. Sending it again may help."""

    def __init__(self, message: Words) -> None:
        super().__init__("part", message)


class PartsMissing(Conflict):
    """The upload cannot be completed yet: `missing` are the indices of parts that are not here, in order."""

    def __init__(self, message: Words, missing: Sequence[int]) -> None:
        super().__init__(message)
        self.missing = list(missing)
