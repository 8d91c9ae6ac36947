"""Where the contracts stand and with what they were made: one JSON file, written before and after each deployment."""

import fcntl
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings

from chain.errors import ChainError, NotDeployed, WrongChain


@dataclass(frozen=True)
class DistributionPlan:
    """The distributor's constructor arguments. Times are Unix seconds and seconds, amounts wei, of the token (`first_budget_wei`)
    or of the chain's coin (`bond`); `first_policy` is 0x… hex. `proposer` and `guardian` may have been replaced since.
    """

    genesis: int
    epoch_seconds: int
    window_seconds: int
    first_budget_wei: int
    halving_seconds: int
    bond: int
    role_delay: int
    proposer: str
    guardian: str
    council: str
    first_policy: str


@dataclass(frozen=True)
class DistributionDeployment(DistributionPlan):
    """A distributor and its token that were mined and whose code was compared."""

    distributor_address: str
    token_address: str
    transaction: str
    block: int


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
    """A deployment that was mined and whose code was compared. `block` is where it stood when it was first seen.

    `distribution` is None until the distributor stands; `distribution_plan` is what it is or was to be made with. `retired`
    names the operators that a rotation has replaced: what they signed then stays signed.
    """

    anchor_address: str
    transaction: str
    block: int
    distribution: DistributionDeployment | None = None
    distribution_plan: DistributionPlan | None = None
    retired: tuple[str, ...] = ()


def read() -> Plan | Deployment | None:
    """What the file says; None if there is none. WrongChain if it is about another chain than the settings."""
    path: Path = settings.DEPLOYMENT_FILE
    try:
        found = _parsed(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise ChainError(f"{path} is damaged: {error}") from error
    if found.chain_id != settings.CHAIN_ID:
        raise WrongChain(f"{path} is about chain {found.chain_id}; this hub is set to chain {settings.CHAIN_ID}")
    return found


def _parsed(content: dict[str, Any]) -> Plan | Deployment:
    made, planned = content.pop("distribution", None), content.pop("distribution_plan", None)
    retired = tuple(str(each) for each in content.pop("retired", ()))
    if "anchor_address" not in content:
        return Plan(**content)
    return Deployment(
        **content,
        retired=retired,
        distribution=DistributionDeployment(**made) if made else None,
        distribution_plan=DistributionPlan(**planned) if planned else None,
    )


def current() -> Deployment:
    """The deployment; NotDeployed if it is missing or on its way."""
    found = read()
    if not isinstance(found, Deployment):
        raise NotDeployed("the contract is not deployed yet; `manage.py deploy_contracts` does it")
    return found


def current_distribution() -> DistributionDeployment:
    """The distributor's deployment; NotDeployed if it is missing or on its way."""
    found = current().distribution
    if found is None:
        raise NotDeployed("the distributor is not deployed yet; `manage.py deploy_contracts` does it")
    return found


def change(how: Callable[[Deployment], Deployment]) -> Deployment:
    """Replace what the file says about a standing deployment; one process at a time. NotDeployed if there is none."""
    path: Path = settings.DEPLOYMENT_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f".{path.name}.lock").open("wb") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        before = current()
        after = how(before)
        if after != before:
            write(after)
        return after


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
