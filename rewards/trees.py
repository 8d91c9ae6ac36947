"""The distribution tree of an epoch as a file from which proofs are read. It follows from the epoch's leaves, so a file that
is missing or damaged is made again where a proof is asked for.
"""

import logging
import os
import threading
from collections.abc import Iterable

from rewards import bundle_checking, epoch_bundle, places, tree
from rewards.bundle_checking import Identity
from rewards.errors import BundleRefused, EpochRefused
from rewards.models import Epoch, Leaf

logger = logging.getLogger(__name__)
# Trees that this process made and compared with their roots. While such a file stays, a proof that fails is not its fault.
_made: dict[int, Identity] = {}


def proof(epoch: Epoch, wallet: str, cumulative: int) -> list[bytes] | None:
    """The siblings from a leaf to the epoch's root; None when its distribution has no such leaf, or none can be shown."""
    found = _proof(epoch, wallet, cumulative)
    if found is None and _make_again(epoch):
        found = _proof(epoch, wallet, cumulative)
    return found


def write(epoch: int, nodes: bytes) -> None:
    """Put the nodes of a tree in their place, whole or not at all."""
    path = places.tree(epoch)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    with partial.open("wb") as file:
        file.write(nodes)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    places.sync(path.parent)


def _proof(epoch: Epoch, wallet: str, cumulative: int) -> list[bytes] | None:
    """As the file says it, if that leads to the root."""
    try:
        siblings = tree.proof_from_file(places.tree(epoch.number), wallet, cumulative)
    except OSError:
        return None
    if siblings is None or tree.leads_to(tree.leaf_hash(wallet, cumulative), siblings).hex() != epoch.root:
        return None
    return siblings


def _make_again(epoch: Epoch) -> bool:
    """Whether the tree was made again: from the bundle, or from the rows while the bundle is damaged too."""
    number = epoch.number
    if number in _made and _made[number] == _identity(number):
        return False
    for leaves in (_published(number), _computed(number)):
        try:
            nodes = tree.build(leaves)
        except (BundleRefused, EpochRefused, OSError) as error:
            logger.error("the leaves of epoch %d cannot be read: %s", number, error)
            continue
        if tree.root(nodes).hex() == epoch.root:
            write(number, nodes)
            _made[number] = bundle_checking.identity(places.tree(number))
            return True
    return False


def _identity(number: int) -> Identity | None:
    try:
        return bundle_checking.identity(places.tree(number))
    except OSError:
        return None


def _published(number: int) -> Iterable[tree.Leaf]:
    for row in epoch_bundle.read_rows(places.bundle(number), "leaves.ndjson"):
        yield row["wallet"], int(row["cumulative_wei"])


def _computed(number: int) -> Iterable[tree.Leaf]:
    for wallet, cumulative in Leaf.objects.filter(epoch=number).values_list("wallet", "cumulative_wei").iterator():
        yield wallet, int(cumulative)
