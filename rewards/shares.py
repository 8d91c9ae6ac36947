"""Dividing whole amounts so that nothing is lost and nothing is made."""

from collections.abc import Sequence


def split(total: int, weights: Sequence[int]) -> list[int]:
    """`total` in proportion to `weights`, by largest remainder: LR(T, w) of `docs/rewards.md`.

    Item i gets `total * weights[i] div sum(weights)`; the units left over go one each to the largest
    `total * weights[i] mod sum(weights)`, ties to the earlier item. The parts add up to `total` exactly, and an item
    of weight 0 gets 0. Raises `ValueError` when there is something to divide and nobody to get it.
    """
    whole = sum(weights)
    if not total or not whole:
        if total:
            raise ValueError("an amount cannot be divided among weights that are all 0")
        return [0] * len(weights)
    if len(weights) == 1:
        return [total]
    parts, rests = [], []
    for weight in weights:
        part, rest = divmod(total * weight, whole)
        parts.append(part)
        rests.append(rest)
    left = total - sum(parts)
    if left:
        # Sorting is stable in reverse too, so equal remainders stay in the order of the items.
        for place in sorted(range(len(rests)), key=rests.__getitem__, reverse=True)[:left]:
            parts[place] += 1
    return parts
