"""What the tables of rewards must hold, according to the log. Pure but for `recomputed`, which reads bundle and rows."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import Sum

from ledger.expecting import ERASED, Addressed, Deviation, ExpectedRow, SpokenFor
from ledger.records import EntryView
from rewards import bindings, epoch_bundle, places, policy
from rewards.errors import BundleRefused
from rewards.events import FAULTS
from rewards.models import Allocation, Leaf

Details = Mapping[str, Mapping[str, Any]]
POLICY, EPOCH, BINDING = "rewards.Policy", "rewards.Epoch", "rewards.WalletBinding"


def policy_set(entry: EntryView, details: Details) -> list[ExpectedRow]:
    columns = {
        "hash": _id(entry.subject),
        "body": policy.parse(entry.data["policy"]).body,
        "first_epoch": entry.data["first_epoch"],
    }
    return [ExpectedRow(POLICY, {"entry__uid": str(entry.uid)}, columns)]


def epoch_closed(entry: EntryView, details: Details) -> list[ExpectedRow]:
    columns = {
        "cutoff": entry.data["cutoff"],
        "policy__hash": _id(entry.data["policy"]),
        "closed": entry.time,
        "entry__uid": entry.uid,
    }
    return [_epoch(entry, columns)]


def proposed(entry: EntryView, details: Details) -> list[ExpectedRow]:
    amounts = {"credited_wei": int(entry.data["credited"]), "total_wei": int(entry.data["total"])}
    return [_epoch(entry, {**_distribution(entry), **amounts})]


def challenged(entry: EntryView, details: Details) -> list[ExpectedRow]:
    return [_epoch(entry, _distribution(entry))]


def cancelled(entry: EntryView, details: Details) -> list[ExpectedRow]:
    """Without a fault of the tree the same distribution is proposed again, so the state goes on."""
    state = {"state": "cancelled"} if entry.data["cause"] in FAULTS else {}
    return [_epoch(entry, {**_distribution(entry), **state})]


def finalized(entry: EntryView, details: Details) -> list[ExpectedRow]:
    return [_epoch(entry, {**_distribution(entry), "state": "finalized"})]


def wallet_bound(entry: EntryView, details: Details) -> list[ExpectedRow]:
    message: Any = details["binding"]["binding"] if "binding" in details else ERASED
    wallet: Any = ERASED if message is ERASED else bindings.parse(message).wallet
    columns = {"account__pseudonym": _id(entry.subject), "wallet": wallet, "message": message, "bound": entry.time}
    return [ExpectedRow(BINDING, {"entry__uid": str(entry.uid)}, columns)]


def recomputed(entry: EntryView) -> Iterator[Deviation]:
    """The bundle that the entry names, and the rows that pages and claims read, against each other by their sums."""
    number = int(_id(entry.subject))
    try:
        manifest = epoch_bundle.read_manifest(places.bundle(number))
        found = epoch_bundle.manifest_hash(places.bundle(number))
    except BundleRefused:
        # A bundle that is missing is made again by the pipeline; until then there is nothing to compare with.
        return
    key, result = {"number": number}, manifest["result"]
    if found != entry.data["manifest"]:
        yield Deviation(EPOCH, key, "bundle", entry.data["manifest"], found)
        return
    sums = (("allocated_wei", Allocation, "wei"), ("total_wei", Leaf, "cumulative_wei"))
    for name, model, column in sums:
        total = model._base_manager.filter(epoch=number).aggregate(sum=Sum(column))["sum"] or 0
        if int(total) != int(result[name]):
            yield Deviation(EPOCH, key, name, result[name], str(int(total)))


def _epoch(entry: EntryView, columns: Mapping[str, Any]) -> ExpectedRow:
    return ExpectedRow(EPOCH, {"number": int(_id(entry.subject))}, columns)


def _distribution(entry: EntryView) -> dict[str, Any]:
    return {"manifest": entry.data["manifest"], "root": entry.data["root"]}


def _id(subject: str) -> str:
    return subject.partition(":")[2]


EXPECTED = {
    "policy.set": policy_set,
    "epoch.closed": epoch_closed,
    "distribution.proposed": proposed,
    "distribution.challenged": challenged,
    "distribution.cancelled": cancelled,
    "distribution.finalized": finalized,
    "wallet.bound": wallet_bound,
}
SPOKEN_FOR = (
    SpokenFor(POLICY, [("entry__uid",)], [("policy:", "hash")], ["policy.set"]),
    SpokenFor(EPOCH, [("number",)], [("epoch:", "number")], ["epoch.closed"]),
    SpokenFor(BINDING, [("entry__uid",)], [("acct:", "account__pseudonym")], ["wallet.bound"]),
)
POLICIES = Addressed(POLICY, "hash", "body")
