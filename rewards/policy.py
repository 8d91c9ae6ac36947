"""The numbers of the rule: pools, weights, ceilings, caps. Data, hashed and logged, for epochs that have not begun.

A policy is one RFC 8785 object (`docs/rewards.md` section 2); its hash is the SHA-256 of those bytes, which the log
(`policy.set`), the bundle and the distributor all name. Shares are in hundredths of a percent (bps), together 10,000.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

from hub.repositories.licences import LICENCES, Openness
from ledger import canonical
from ledger.errors import NotCanonical
from rewards.errors import PolicyRefused

VERSION = 1
WHOLE = 10_000
KINDS = ("code", "compute", "data", "evaluation", "model", "review", "tuning")
CLASSES = ("open", "restricted", "none")
# Documentation is work on a repository's code and is paid with it.
POOLS = {**{kind: kind for kind in KINDS}, "documentation": "code"}
_MEMBERS = (
    "version",
    "royalty_bps",
    "cluster_cap_bps",
    "min_reviews",
    "quality_floor",
    "openness_bps",
    "licences",
    "kinds",
)
_WEI = re.compile(r"0|[1-9][0-9]{0,38}")
_LICENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*")
_LARGEST_WEIGHT = 1_000_000


@dataclass(frozen=True, slots=True)
class KindPolicy:
    """How one pool pays: its share, the weights of signals in a score, and the most that a point may cost in wei."""

    pool_bps: int
    w_effort: int
    w_gain: int
    w_use: int
    price_cap_wei: int


@dataclass(frozen=True)
class Policy:
    """One version of the numbers. `licences` maps a licence id to `open` or `restricted`; others are `none`."""

    royalty_bps: int
    cluster_cap_bps: int
    min_reviews: int
    quality_floor: int
    openness_bps: Mapping[str, int]
    licences: Mapping[str, str]
    kinds: Mapping[str, KindPolicy]
    version: int = VERSION

    @cached_property
    def hash(self) -> str:
        """SHA-256 (hex) of the canonical bytes."""
        return sha256(self.body).hexdigest()

    @cached_property
    def body(self) -> bytes:
        """The canonical bytes."""
        return canonical.encode(as_object(self))

    def openness_of(self, licence: str) -> str:
        """The class of a licence id or expression, as this policy lists licences.

        An exception after WITH only widens a licence. AND takes the worst class of all, OR the best; an expression
        with both, like an empty text and an unknown id, is `none`.
        """
        words = re.sub(r" WITH [^ ]+", "", licence).split(" ")
        operators = set(words[1::2])
        if not operators <= {"AND"} and not operators <= {"OR"}:
            return "none"
        ranks = [CLASSES.index(self.licences.get(name, "none")) for name in words[0::2]]
        return CLASSES[min(ranks) if operators == {"OR"} else max(ranks)]


def policy_hash(policy: Policy) -> str:
    """SHA-256 (hex, 64 digits) of the policy's canonical bytes; with `policy:` before it, the log's subject."""
    return policy.hash


def as_object(policy: Policy) -> dict[str, Any]:
    """The JSON object that `parse` reads, as `policy.set` and manifests hold it."""
    listed = {name: sorted(key for key, value in policy.licences.items() if value == name) for name in CLASSES[:2]}
    return {
        "version": policy.version,
        "royalty_bps": policy.royalty_bps,
        "cluster_cap_bps": policy.cluster_cap_bps,
        "min_reviews": policy.min_reviews,
        "quality_floor": policy.quality_floor,
        "openness_bps": dict(policy.openness_bps),
        "licences": listed,
        "kinds": {
            kind: {
                "pool_bps": each.pool_bps,
                "w_effort": each.w_effort,
                "w_gain": each.w_gain,
                "w_use": each.w_use,
                "price_cap_wei": str(each.price_cap_wei),
            }
            for kind, each in sorted(policy.kinds.items())
        },
    }


def parse(members: Mapping[str, Any]) -> Policy:
    """The policy that an object describes; raises `PolicyRefused` for anything `as_object` would write differently."""
    found = _members(members, _MEMBERS, "a policy")
    if _whole(found["version"], "version", 1, 2**53 - 1) != VERSION:
        raise PolicyRefused(f"The rule has no version {found['version']}; this program knows version {VERSION}.")
    policy = Policy(
        royalty_bps=_bps(found["royalty_bps"], "royalty_bps"),
        cluster_cap_bps=_bps(found["cluster_cap_bps"], "cluster_cap_bps"),
        min_reviews=_whole(found["min_reviews"], "min_reviews", 1, 15),
        quality_floor=_whole(found["quality_floor"], "quality_floor", 0, 100),
        openness_bps={
            name: _bps(value, f"openness_bps.{name}")
            for name, value in _members(found["openness_bps"], CLASSES, "openness_bps").items()
        },
        licences=_licences(found["licences"]),
        kinds={kind: _kind(kind, value) for kind, value in _members(found["kinds"], KINDS, "kinds").items()},
    )
    if sum(each.pool_bps for each in policy.kinds.values()) != WHOLE:
        raise PolicyRefused(f"The pools of a policy do not add up to {WHOLE}.")
    return policy


def parse_body(body: bytes) -> Policy:
    """The policy with these canonical bytes; raises `PolicyRefused`."""
    try:
        return parse(canonical.decode(body))
    except NotCanonical as error:
        raise PolicyRefused(f"A policy is canonical JSON: {error}.") from error


def _kind(kind: str, value: Any) -> KindPolicy:
    names = ("pool_bps", "w_effort", "w_gain", "w_use", "price_cap_wei")
    found = _members(value, names, f"kinds.{kind}")
    price = found["price_cap_wei"]
    if not isinstance(price, str) or not _WEI.fullmatch(price):
        raise PolicyRefused(f"kinds.{kind}.price_cap_wei is not an amount in wei: {price!r}.")
    weights = {name: _whole(found[name], f"kinds.{kind}.{name}", 0, _LARGEST_WEIGHT) for name in names[1:4]}
    return KindPolicy(pool_bps=_bps(found["pool_bps"], f"kinds.{kind}.pool_bps"), price_cap_wei=int(price), **weights)


def _licences(value: Any) -> dict[str, str]:
    """Licence id → class. Lists stand in ascending order and no id stands twice."""
    classes: dict[str, str] = {}
    for name, listed in _members(value, CLASSES[:2], "licences").items():
        good = isinstance(listed, list) and all(isinstance(key, str) and _LICENCE.fullmatch(key) for key in listed)
        if not good or listed != sorted(set(listed)) or not classes.keys().isdisjoint(listed):
            raise PolicyRefused(f"licences.{name} is not an ascending list of licence ids, each named once.")
        classes.update(dict.fromkeys(listed, name))
    return classes


def _members(value: Any, names: tuple[str, ...], what: str) -> dict[str, Any]:
    if not isinstance(value, Mapping) or set(value) != set(names):
        raise PolicyRefused(f"{what} has the members {', '.join(sorted(names))} and no others.")
    return {name: value[name] for name in names}


def _whole(value: Any, what: str, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise PolicyRefused(f"{what} is not a whole number from {least} to {most}: {value!r}.")
    return value


def _bps(value: Any, what: str) -> int:
    return _whole(value, what, 0, WHOLE)


def _first() -> Policy:
    shares = {"data": 3000, "code": 3000, "tuning": 1750, "model": 1250, "review": 1000, "evaluation": 0, "compute": 0}
    return Policy(
        royalty_bps=2000,
        cluster_cap_bps=1000,
        min_reviews=1,
        quality_floor=50,
        openness_bps={"open": 10_000, "restricted": 5_000, "none": 0},
        licences={key: each.openness.value for key, each in LICENCES.items() if each.openness is not Openness.UNSTATED},
        kinds={
            kind: KindPolicy(pool_bps=share, w_effort=1000, w_gain=200, w_use=1, price_cap_wei=10**15)
            for kind, share in shares.items()
        },
    )


# A young hub has few reviewers, so one assessment is enough until the policy is changed. There are no evaluations and
# no compute to pay for yet, so their pools stay empty.
FIRST = _first()
