"""The operator's key: made once, kept encrypted, and the same signature that the contract accepts."""

import json
import stat
import threading
from hashlib import sha256
from pathlib import Path

import pytest
from eth_account import Account
from pytest_django import Settings

from chain import calls, keys, selectors, services
from chain.errors import BadKey
from chain.models import ChainTransaction
from chain.signatures import head_digest, recover
from tests.chain.conftest import CHAIN_ID, ORIGIN, TREE, Hub
from tests.contracts.machine import HALF_ORDER, ORDER


@pytest.fixture
def key_files(settings: Settings, tmp_path: Path) -> Path:
    settings.OPERATOR_KEYSTORE = tmp_path / "keys" / "operator.json"
    settings.OPERATOR_PASSWORD_FILE = tmp_path / "keys" / "operator.password"
    return tmp_path / "keys"


def test_a_key_is_made_once_and_only_its_owner_can_read_it(key_files: Path) -> None:
    address = keys.ensure_operator_key()
    assert keys.ensure_operator_key() == address == keys.operator_key().address == keys.operator_address()
    for file in key_files.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o400


def test_two_processes_that_start_together_end_with_one_key(key_files: Path) -> None:
    found: list[str] = []
    workers = [threading.Thread(target=lambda: found.append(keys.ensure_operator_key())) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert set(found) == {keys.operator_key().address}
    assert len(found) == 4
    assert len(list(key_files.iterdir())) == 2


def test_the_keystore_opens_with_other_programs(key_files: Path) -> None:
    address = keys.ensure_operator_key()
    content = json.loads((key_files / "operator.json").read_text())
    secret = Account.decrypt(content, (key_files / "operator.password").read_text())
    assert Account.from_key(secret).address == address


def test_the_secret_is_neither_in_the_file_nor_in_the_keys_text(key_files: Path) -> None:
    keys.ensure_operator_key()
    key = keys.operator_key()
    assert isinstance(key, keys.Key)
    secret = key._key.to_hex()
    assert secret[2:] not in (key_files / "operator.json").read_text()
    assert secret[2:] not in repr(keys.operator_key())


def test_only_a_deployment_makes_a_key(key_files: Path) -> None:
    with pytest.raises(BadKey, match="deploy_contracts"):
        keys.operator_key()
    with pytest.raises(BadKey):
        keys.operator_address()
    assert not key_files.exists()


def test_a_password_that_does_not_open_the_keystore_is_said(key_files: Path) -> None:
    keys.ensure_operator_key()
    password = key_files / "operator.password"
    password.unlink()
    password.write_text("another")
    with pytest.raises(BadKey, match="does not open"):
        keys.operator_key()


def test_a_signed_head_is_recovered_to_the_operator(key_files: Path) -> None:
    address = keys.ensure_operator_key()
    contract = "0x" + "ab" * 20

    def digest(size: int) -> bytes:
        return head_digest(chain_id=CHAIN_ID, contract=contract, origin_hash=bytes(32), size=size, root=TREE.root(7))

    signature = keys.sign_head(chain_id=CHAIN_ID, contract=contract, origin_hash=bytes(32), size=7, root=TREE.root(7))
    assert recover(digest(7), signature) == address
    assert recover(digest(8), signature) != address


def test_a_signature_that_the_contract_would_refuse_is_refused_here_too(key_files: Path) -> None:
    keys.ensure_operator_key()
    digest = bytes(32)
    good = keys.operator_key().sign_digest(digest)
    s = int.from_bytes(good[32:64], "big")
    assert s <= HALF_ORDER
    twin = good[:32] + (ORDER - s).to_bytes(32, "big") + bytes([55 - good[64]])
    for bad in (b"", good[:64], good + b"\0", good[:64] + b"\0", twin, bytes(64) + b"\x1b"):
        with pytest.raises(ValueError, match="signature"):
            recover(digest, bad)


def test_the_contract_takes_the_operators_signature_from_anybody(deployed: Hub) -> None:
    here = selectors.deployment()
    origin_hash = sha256(ORIGIN.encode()).digest()
    signature = keys.sign_head(
        chain_id=CHAIN_ID, contract=here.anchor_address, origin_hash=origin_hash, size=7, root=TREE.root(7)
    )
    data = calls.anchor_signed_calldata(7, TREE.root(7), [], signature)
    services.enqueue(key="relayed", to=here.anchor_address, data=data, gas_limit=150_000, now=deployed.now)
    deployed.advance()
    assert deployed.row("relayed").state == ChainTransaction.State.MINED
    assert calls.read_head().root == TREE.root(7)
