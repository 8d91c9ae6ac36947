"""Blocks of the embedded chain: made on demand, and on disk before anybody is told."""

from django.conf import settings

from chain.client import ChainClient
from chain.embedded import AnvilError, save_snapshot
from chain.errors import ChainError, ChainUnavailable

_PURSE = 10**21
_LEAST = 10**18
# A visitor's wallet: a claim costs a few ten-thousandths of a coin here.
_DRIP, _DRY = 10**17, 10**16


def mine(client: ChainClient) -> None:
    """Make one block of what is waiting and save a snapshot. Only after return may the block be spoken of."""
    client.call("evm_mine")
    save(client)


def save(client: ChainClient) -> None:
    try:
        save_snapshot(client.first_url, settings.CHAIN_SNAPSHOT_DIR)
    except AnvilError as error:
        raise ChainUnavailable(str(error)) from error
    except OSError as error:
        raise ChainError(f"the chain's snapshot could not be written: {error}") from error


def fund(client: ChainClient, address: str) -> None:
    """Give the operator's account money of the embedded chain when it runs out."""
    if client.balance(address) < _LEAST:
        client.call("anvil_setBalance", address, hex(_PURSE))


def drip(client: ChainClient, address: str) -> bool:
    """Give any account of the embedded chain a little coin when it has next to none; whether it got some."""
    if client.balance(address) >= _DRY:
        return False
    client.call("anvil_setBalance", address, hex(_DRIP))
    return True
