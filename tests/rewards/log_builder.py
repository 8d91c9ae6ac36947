"""A log in memory with the entries that rewards follow from, as the hub's services write them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from eth_keys.datatypes import PrivateKey
from eth_utils.crypto import keccak

from hub import events as hub_events
from hub.vocabulary import check
from ledger import entry, merkle
from rewards import bindings, calculation, policy
from rewards import events as reward_events
from rewards.bindings import DisclosedBinding, SignedBinding
from rewards.calculation import Calculation, Terms
from rewards.epoch_bundle import write
from rewards.log_proof import gaps
from rewards.policy import FIRST, Policy
from rewards.record import TYPES, LogEntry, Record, fold
from rewards.settlement import Previous

START = datetime(2026, 11, 17, 9, 41, 7, 412_000, tzinfo=UTC)
HUB = "sys:hub"
REPOSITORY = "repo:6b1f1c0e-8f1d-4f0e-9c56-2a4c7f0d9a11"
NUMBERED = {"repo": REPOSITORY, "number": 1}
TERMS = Terms(
    chain_id=31337,
    distributor="0x" + "d1" * 20,
    token="0x" + "d2" * 20,
    anchor="0x" + "d3" * 20,
    genesis=1_795_000_000,
    epoch_seconds=300,
    first_budget_wei=400_000 * 10**18,
    halving_seconds=3000,
)
# The first policy with few licences, so that the examples do not change with the table of licences.
POLICY = replace(FIRST, licences={"Apache-2.0": "open", "CC0-1.0": "open", "gemma": "restricted"})
VOCABULARY = {**hub_events.VOCABULARY, **reward_events.VOCABULARY}


def person(name: str) -> str:
    """A pseudonym: 32 hex digits that depend on the name alone."""
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def actor(name: str) -> str:
    return HUB if name == HUB else "acct:" + person(name)


def revision_of(name: str) -> str:
    return "rev:" + hashlib.sha256(b"revision " + name.encode()).hexdigest()


def contribution_of(name: str) -> str:
    return f"contrib:{UUID(bytes=hashlib.sha256(name.encode()).digest()[:16], version=4)}"


def key_of(name: str) -> PrivateKey:
    return PrivateKey(hashlib.sha256(b"key " + name.encode()).digest())


def wallet_of(name: str) -> str:
    return "0x" + key_of(name).public_key.to_canonical_address().hex()


def binding_digest(binding: SignedBinding) -> bytes:
    """EIP-712 digest of `WalletBinding`, written out."""
    domain = keccak(
        keccak(text="EIP712Domain(string name,string version,uint256 chainId)")
        + keccak(text="Akashi")
        + keccak(text="1")
        + binding.chain_id.to_bytes(32, "big")
    )
    message = keccak(
        keccak(text="WalletBinding(bytes32 account,address wallet,uint256 nonce,uint64 deadline)")
        + bytes.fromhex(binding.account).ljust(32, b"\0")
        + bytes.fromhex(binding.wallet[2:]).rjust(32, b"\0")
        + binding.nonce.to_bytes(32, "big")
        + binding.deadline.to_bytes(32, "big")
    )
    return keccak(b"\x19\x01" + domain + message)


def signed(name: str, key: str = "", **more: Any) -> SignedBinding:
    """The binding of a person's own wallet, or of another one, signed by that wallet."""
    owner = key or name
    fields = {"chain_id": TERMS.chain_id, "nonce": 1, "deadline": 1_900_000_000, "account": person(name), **more}
    binding = SignedBinding(wallet=wallet_of(owner), signature="0x" + "0" * 130, **fields)
    made = key_of(owner).sign_msg_hash(binding_digest(binding)).to_bytes()
    signature = "0x" + made[:64].hex() + f"{made[64] + 27:02x}"
    return SignedBinding(**{**binding.__dict__, "signature": signature})


@dataclass
class Log:
    """A log that grows. Every entry is checked against the vocabulary before it counts."""

    bodies: list[bytes] = field(default_factory=list)
    disclosed: dict[str, DisclosedBinding] = field(default_factory=dict)
    proposed: dict[str, str] = field(default_factory=dict)

    def add(
        self, type: str, subject: str, by: str, data: dict[str, Any], details: dict[str, dict[str, Any]] | None = None
    ) -> int:
        """Append an entry; returns its leaf index."""
        groups = details if details is not None else _words(type)
        if type in VOCABULARY:
            check(VOCABULARY[type], subject, data, groups)
        salt = hashlib.sha256(b"salt" + len(self.bodies).to_bytes(8, "big")).digest()
        sealed = {name: entry.seal_group(group, salt)[0] for name, group in groups.items()}
        time = START + timedelta(seconds=len(self.bodies))
        body = entry.build(type=type, subject=subject, actor=actor(by), time=time, data=data, details=sealed)
        self.bodies.append(body)
        if type == "wallet.bound":
            self.disclosed.setdefault(subject[5:], DisclosedBinding(groups["binding"]["binding"], salt))
        return len(self.bodies) - 1

    # --- what people do ------------------------------------------------------------------------------

    def publish(
        self,
        name: str,
        by: str,
        *,
        parent: str = "",
        kind: str = "data",
        licence: str = "CC0-1.0",
        sources: tuple[tuple[str, str], ...] = (),
        author: str = "",
        repository: str = REPOSITORY,
    ) -> str:
        """A revision; `sources` are (relation, name of a revision)."""
        data: dict[str, Any] = {
            "repo": repository,
            "number": 1,
            "reference_kind": "branch",
            "reference": hub_events.reference_digest("main"),
            "root_tree": "0" * 64,
            "parents": [revision_of(parent)] if parent else [],
            "kind": kind,
            "sources": [{"relation": relation, "revision": revision_of(source)} for relation, source in sources],
            "outside": [],
            "metrics": [],
            "counts": dict.fromkeys(("files", "bytes", "added", "changed", "removed"), 1),
        }
        if licence:
            data["licence"] = licence
        if author:
            data |= {"author": actor(author), "made": "2026-11-17T09:41:07.412Z", "contribution": contribution_of(name)}
        self.add("revision.published", revision_of(name), by, data)
        return revision_of(name)

    def submit(self, name: str, by: str) -> str:
        """An author's own published revision as a work; returns the work's id."""
        self.add("work.submitted", revision_of(name), by, {"repo": REPOSITORY})
        return revision_of(name)

    def own_work(self, name: str, by: str, **more: Any) -> str:
        self.publish(name, by, **more)
        return self.submit(name, by)

    def propose(
        self, name: str, by: str, shares: dict[str, int] | None = None, *, kind: str = "data", base: str = "",
        proposed: str = "", type: str = "contribution.opened",
    ) -> str:  # fmt: skip
        self.proposed[name] = proposed or name
        data: dict[str, Any] = {
            "repo": REPOSITORY,
            "number": 1,
            "kind": kind,
            "proposed": revision_of(self.proposed[name]),
            "authors": [{"account": actor(who), "bps": bps} for who, bps in (shares or {by: 10_000}).items()],
        }
        if base:
            data["base"] = revision_of(base)
        self.add(type, contribution_of(name), by, data)
        return contribution_of(name)

    def join(self, name: str, by: str, bps: int, proposed: str = "") -> None:
        """Somebody agrees to a share of a contribution, as it was last proposed unless said otherwise."""
        wanted = revision_of(proposed or self.proposed[name])
        self.add("contribution.joined", contribution_of(name), by, {**NUMBERED, "proposed": wanted, "bps": bps})

    def review(self, name: str, by: str, type: str = "review.submitted", **more: Any) -> None:
        """A verdict on a contribution that does not accept it."""
        reviewed = {"author": actor("alice"), "revision": revision_of(self.proposed[name]), "reason": "quality"}
        verdict = {"verdict": "ask"} if type == "review.submitted" else {}
        self.add(type, contribution_of(name), by, {**NUMBERED, **reviewed, **verdict, **more}, {})

    def accept(self, name: str, by: str, author: str, **more: Any) -> str:
        """A contribution as it was last proposed: published, then accepted; returns the work's id."""
        revision = self.proposed[name]
        self.publish(revision, by, author=author, **more)
        data = {
            "repo": REPOSITORY,
            "number": 1,
            "author": actor(author),
            "revision": revision_of(revision),
            "result": 2,
        }
        self.add("contribution.accepted", contribution_of(name), by, data, {})
        return contribution_of(name)

    def contributed_work(
        self, name: str, by: str, shares: dict[str, int] | None = None, *, kind: str = "data", base: str = "",
        maintainer: str = "maintainer", **more: Any,
    ) -> str:  # fmt: skip
        """Everybody who is named agrees."""
        self.propose(name, by, shares, kind=kind, base=base)
        for who, bps in (shares or {}).items():
            if who != by:
                self.join(name, who, bps)
        return self.accept(name, maintainer, by, kind=kind, parent=base, **more)

    def grant(self, *names: str) -> None:
        for name in names:
            self.add("reviewer.granted", actor(name), HUB, {})

    def assess(self, work: str, by: str, effort: int = 5, quality: int = 80, revision: str = "") -> int:
        found = json_of(self.bodies, work)
        data = {"repo": REPOSITORY, "revision": revision or found, "effort": effort, "quality": quality}
        return self.add("assessment.made", work, by, data)

    def bind(self, name: str, key: str = "", **more: Any) -> int:
        text = bindings.text(signed(name, key, **more))
        return self.add("wallet.bound", actor(name), name, {}, {"binding": {"binding": text}})

    # --- what the hub does ---------------------------------------------------------------------------

    def set_policy(self, made: Policy = POLICY, first_epoch: int = 0) -> None:
        data = {"first_epoch": first_epoch, "policy": policy.as_object(made)}
        self.add("policy.set", f"policy:{made.hash}", HUB, data)

    def close(self, epoch: int, cutoff: int | None = None) -> int:
        """Close an epoch at the log's size; returns the cutoff."""
        size = len(self.bodies) if cutoff is None else cutoff
        data = {"cutoff": size, "root": self.root(size).hex(), "policy": f"policy:{POLICY.hash}"}
        self.add("epoch.closed", f"epoch:{epoch}", HUB, data)
        return size

    def decide(self, epoch: int, outcome: str = "finalized") -> None:
        data = {"manifest": "0" * 64, "root": "0" * 64}
        more = {"cause": "guardian"} if outcome == "cancelled" else {}
        self.add(f"distribution.{outcome}", f"epoch:{epoch}", HUB, {**data, **more}, {})

    # --- what follows --------------------------------------------------------------------------------

    def read(self, nodes: Any) -> list[bytes]:
        """The hashes of complete subtrees, as tiles would give them."""
        return [self._subtree(node.index << node.level, node.level) for node in nodes]

    def _subtree(self, start: int, level: int) -> bytes:
        if not level:
            return merkle.leaf_hash(self.bodies[start])
        half = 1 << (level - 1)
        return merkle.node_hash(self._subtree(start, level - 1), self._subtree(start + half, level - 1))

    def root(self, size: int | None = None) -> bytes:
        return merkle.root_hash(self.read, len(self.bodies) if size is None else size)

    def evidence(self, size: int) -> list[tuple[int, bytes]]:
        entries = enumerate(self.bodies[:size])
        return [(leaf, body) for leaf, body in entries if LogEntry.read(leaf, body).type in TYPES]

    def record(self, size: int | None = None) -> Record:
        wanted = len(self.bodies) if size is None else size
        return fold((LogEntry.read(leaf, body) for leaf, body in enumerate(self.bodies[:wanted])), wanted)

    def calculate(self, epoch: int, previous: Previous | None = None, size: int | None = None) -> Calculation:
        cutoff = len(self.bodies) if size is None else size
        return calculation.calculate(
            self.record(cutoff),
            terms=TERMS,
            epoch=epoch,
            cutoff_root=self.root(cutoff).hex(),
            previous=previous,
            disclosed=self.disclosed,
        )

    def write(self, folder: Any, found: Calculation) -> str:
        entries = self.evidence(found.cutoff)
        return write(folder, found, entries, gaps(self.read, [leaf for leaf, _ in entries], found.cutoff))


def _words(type: str) -> dict[str, dict[str, Any]]:
    words = {
        "contribution.opened": {"title": {"title": "A title"}},
        "assessment.made": {"comment": {"comment": "Read it all."}},
    }
    return words.get(type, {})


def json_of(bodies: list[bytes], work: str) -> str:
    """The revision of a work that was accepted or submitted."""
    if work.startswith("rev:"):
        return work
    found = [LogEntry.read(leaf, body) for leaf, body in enumerate(bodies)]
    return str(next(each.data["revision"] for each in found if each.subject == work and "revision" in each.data))
