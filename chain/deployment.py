"""Where the contract stands and with what it was made: one JSON file, written before and after the deployment."""

import json
import os
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from django.conf import settings

from chain.errors import ChainError, NotDeployed, WrongChain


@dataclass(frozen=True)
class Plan:
    """The constructor's arguments and who deploys. Written first, so that a crash cannot change them."""

    chain_id: int
    origin: str
    deployer: str
    rotation_key: str
    delay: int

    @property
    def origin_hash(self) -> bytes:
        return sha256(self.origin.encode()).digest()


@dataclass(frozen=True)
class Deployment(Plan):
    """A deployment that was mined and whose code was compared. `block` is where it stood when it was first seen."""

    anchor_address: str
    transaction: str
    block: int


def read() -> Plan | Deployment | None:
    """What the file says; None if there is none. WrongChain if it is about another chain than the settings."""
    path: Path = settings.DEPLOYMENT_FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        found = Deployment(**content) if "anchor_address" in content else Plan(**content)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise ChainError(f"{path} is damaged: {error}") from error
    if found.chain_id != settings.CHAIN_ID:
        raise WrongChain(f"{path} is about chain {found.chain_id}; this hub is set to chain {settings.CHAIN_ID}")
    return found


def current() -> Deployment:
    """The deployment; NotDeployed if it is missing or on its way."""
    found = read()
    if not isinstance(found, Deployment):
        raise NotDeployed("the contract is not deployed yet; `manage.py deploy_contracts` does it")
    return found


def write(content: Plan) -> None:
    """Replace the file durably."""
    path: Path = settings.DEPLOYMENT_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("w", encoding="utf-8") as handle:
        json.dump(asdict(content), handle, indent=2)
        handle.flush()
        os.fsync(handle.fileno())
    temporary.replace(path)
