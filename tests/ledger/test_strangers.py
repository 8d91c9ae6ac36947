"""The log's folder read by a program that does not know this project: PyPI's tlog-scales (Apache-2.0), unmodified."""

from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import Vkey

from ledger.merkle import leaf_hash
from tests.ledger.asking import Two, ask
from tests.ledger.conftest import Ledger


def test_head_entries_and_proofs_are_those_of_c2sp(ledger: Ledger) -> None:
    for count in (3, 251, 1, 1, 343):
        ledger.grow(count)
    strange = TilesReader(LocalBackend(ledger.folder))
    head = strange.get_checkpoint()
    head.verify(Vkey.from_string(ledger.log.verifier_key))
    strange.set_size(head.size)
    assert (head.origin, head.size) == (ledger.log.origin, 600)
    assert strange.calculate_root_hash() == head.root_hash
    for index in range(head.size):
        proof = strange.get_inclusion_proof(index, head.size)
        proof.check(leaf_hash(strange.get_entry(index)), head.root_hash)
    for old in range(1, head.size, 7):
        strange.get_consistency_proof(old, head.size).check(strange.mth(0, old), head.root_hash)


def test_cosignatures_are_those_of_c2sp(ledger: Ledger, two: Two) -> None:
    ledger.grow(5)
    assert ask(ledger) == 2
    head = TilesReader(LocalBackend(ledger.folder)).get_checkpoint()
    for key in two.keys:
        head.verify(Vkey.from_string(key.vkey))
