"""What pages say about epochs, policies and what somebody earned. Reads of the database and the deployment file only."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _

from chain import selectors as chain
from chain.errors import ChainError
from hub.errors import NotFound
from rewards import policy as policies
from rewards import policy_setting, recording
from rewards.models import (
    Allocation,
    DistributionLog,
    Epoch,
    Leaf,
    RelayedClaim,
    Royalty,
    WalletBinding,
    WorkReward,
)
from rewards.models import Policy as PolicyRow
from rewards.policy import Policy
from web.pagination import Page, keyset

# States in which an epoch's amounts are computed and may still come true.
COMING = (Epoch.State.COMPUTED, Epoch.State.PROPOSED, Epoch.State.CHALLENGED)


@dataclass(frozen=True)
class Schedule:
    """When epochs begin and end and what they may credit, as the distributor fixes it for good."""

    deployment: chain.DistributionDeployment

    def number_at(self, moment: datetime) -> int:
        """The epoch that runs at a moment; 0 before the first."""
        return max(0, (int(moment.timestamp()) - self.deployment.genesis) // self.deployment.epoch_seconds)

    def starts(self, epoch: int) -> datetime:
        here = self.deployment
        return datetime.fromtimestamp(here.genesis + epoch * here.epoch_seconds, UTC)

    def ends(self, epoch: int) -> datetime:
        return self.starts(epoch + 1)

    def budget(self, epoch: int) -> int:
        """What the epoch may credit at most, in wei."""
        here = self.deployment
        return here.first_budget_wei >> (epoch * here.epoch_seconds // here.halving_seconds)


@dataclass(frozen=True)
class InForce:
    """The policy of an epoch and where it stands in the log (None while it is not recorded)."""

    policy: Policy
    first_epoch: int
    leaf: int | None


@dataclass(frozen=True)
class Standing:
    """What somebody earned and where it is, in wei.

    `earned_wei` is all that final epochs credited, `coming_wei` what undecided ones would. `leaf_wei` is what the newest final
    distribution says for the wallet, `claimed_wei` what it took; `epoch` is that distribution's, None before there is one.
    `carrier` is the wallet's leaf in the epoch that is computed and not decided yet, if it has one there.
    """

    earned_wei: int = 0
    coming_wei: int = 0
    leaf_wei: int = 0
    claimed_wei: int = 0
    epoch: int | None = None
    binding: WalletBinding | None = None
    asked: RelayedClaim | None = None
    carrier: Leaf | None = None

    @property
    def carried_wei(self) -> int:
        """What the epoch that is under way adds to the wallet's leaf."""
        return max(0, int(self.carrier.cumulative_wei) - self.leaf_wei) if self.carrier is not None else 0

    @property
    def wallet(self) -> str:
        return self.binding.wallet if self.binding is not None else ""

    @property
    def waiting_wei(self) -> int:
        """Credit that no leaf holds yet: there is no wallet, or it was bound after the newest distribution."""
        return max(0, self.earned_wei - self.leaf_wei)

    @property
    def claimable_wei(self) -> int:
        return max(0, self.leaf_wei - self.claimed_wei)

    @property
    def is_empty(self) -> bool:
        return not (self.earned_wei or self.coming_wei)


# --- time and rules ------------------------------------------------------------------------------
def schedule() -> Schedule | None:
    """The schedule; None before the distributor stands."""
    try:
        found = chain.deployment().distribution
    except ChainError:
        return None
    return Schedule(found) if found is not None else None


def policy_in_force(epoch: int) -> InForce:
    """The policy of an epoch; the first one, unrecorded, before any is in the log."""
    row = policy_setting.in_force(epoch)
    if row is None:
        return InForce(policies.FIRST, 0, None)
    return InForce(policies.parse_body(bytes(row.body)), row.first_epoch, row.entry.leaf_index)


def policy_body(digest: str) -> bytes:
    """The canonical bytes of a policy by its hash. Raises NotFound."""
    if digest == policies.FIRST.hash:
        return policies.FIRST.body
    row = PolicyRow.objects.filter(hash=digest).first()
    if row is None:
        raise NotFound(_("No rule has this hash."))
    return bytes(row.body)


# --- epochs --------------------------------------------------------------------------------------
def epoch(number: int) -> Epoch:
    """An epoch that had something to pay. Raises NotFound."""
    found = Epoch.objects.filter(pk=number).select_related("policy", "entry").first()
    if found is None:
        raise NotFound(_("No epoch with this number had anything to pay."))
    return found


def epochs(cursor: str, size: int = 20) -> Page[Epoch]:
    """Epochs that had something to pay, the newest first."""
    return keyset(Epoch.objects.select_related("entry"), order=("-number",), cursor=cursor, size=size)


def newest_final() -> Epoch | None:
    """The epoch whose distribution pays claims now."""
    return Epoch.objects.filter(state=Epoch.State.FINALIZED).order_by("-number").first()


def neighbours(number: int) -> tuple[int | None, int | None]:
    """The numbers of the epochs before and after that had something to pay."""
    before = Epoch.objects.filter(number__lt=number).order_by("-number").values_list("number", flat=True).first()
    after = Epoch.objects.filter(number__gt=number).order_by("number").values_list("number", flat=True).first()
    return before, after


def works_of(number: int, most: int) -> list[WorkReward]:
    """The works of an epoch that got or passed something, the best paid first."""
    rows = WorkReward.objects.filter(epoch=number).exclude(score=0, gross_wei=0, kept_wei=0)
    return list(rows.order_by("-kept_wei", "sequence")[:most])


def royalties_of(number: int, most: int) -> list[Royalty]:
    """What passed from works to their parents in an epoch, the largest first."""
    return list(Royalty.objects.filter(epoch=number, wei__gt=0).order_by("-wei", "child", "parent")[:most])


def allocations_of(number: int, most: int) -> list[Allocation]:
    """What accounts were credited in an epoch, the largest first."""
    return list(Allocation.objects.filter(epoch=number).order_by("-wei", "pseudonym")[:most])


def paid_accounts(number: int) -> int:
    """How many accounts an epoch credits."""
    return Allocation.objects.filter(epoch=number).count()


def on_chain(number: int) -> list[DistributionLog]:
    """What the distributor wrote about an epoch, without its claims, in order."""
    rows = DistributionLog.objects.filter(epoch=number).exclude(kind__in=("claimed", "policy_scheduled"))
    return list(rows.order_by("block_number", "log_index"))


def under_way() -> list[Epoch]:
    """Epochs that are closed and not decided: one, or none."""
    return list(Epoch.objects.filter(state__in=(Epoch.State.CLOSED, *COMING)).order_by("number"))


def delay(row: Epoch) -> str:
    """Why an undecided epoch's own distribution was last cancelled, as the chain says it now; empty while it never was."""
    if row.state not in COMING:
        return ""
    causes = [event.values["cause"] for event in recording.own_events(row) if event.kind == "cancelled"]
    return str(causes[-1]) if causes else ""


# --- somebody's ----------------------------------------------------------------------------------
def standing(account_id: int, pseudonym: str) -> Standing:
    """What an account earned and where it is."""
    allocated = Allocation.objects.filter(pseudonym=pseudonym)
    binding = WalletBinding.objects.filter(account=account_id, released=None).select_related("entry").first()
    newest = newest_final()
    leaf, asked, carrier = None, None, None
    if binding is not None:
        carried = Leaf.objects.filter(epoch__state__in=COMING, wallet__iexact=binding.wallet)
        carrier = carried.select_related("epoch").order_by("-epoch").first()
    if binding is not None and newest is not None:
        leaf = Leaf.objects.filter(epoch=newest, wallet__iexact=binding.wallet).first()
        asked = RelayedClaim.objects.filter(epoch=newest, wallet__iexact=binding.wallet).first()
    return Standing(
        earned_wei=_sum(allocated.filter(epoch__state=Epoch.State.FINALIZED)),
        coming_wei=_sum(allocated.filter(epoch__state__in=COMING)),
        leaf_wei=int(leaf.cumulative_wei) if leaf is not None else 0,
        claimed_wei=claimed_by(binding.wallet) if binding is not None else 0,
        epoch=newest.number if newest is not None else None,
        binding=binding,
        asked=asked,
        carrier=carrier,
    )


def claimed_by(wallet: str) -> int:
    """What a wallet took so far, as the distributor's events tell it."""
    rows = DistributionLog.objects.filter(kind="claimed", wallet__iexact=wallet)
    return sum(int(row["amount"]) for row in rows.values_list("values", flat=True))


def claims_of(wallet: str, most: int = 20) -> list[DistributionLog]:
    """The claims that paid a wallet, the newest first."""
    rows = DistributionLog.objects.filter(kind="claimed", wallet__iexact=wallet)
    return list(rows.order_by("-block_number", "-log_index")[:most])


def earned_by(pseudonym: str, most: int = 50) -> list[Allocation]:
    """What an account was credited, by epoch, the newest first. Cancelled epochs paid nothing and are left out."""
    rows = Allocation.objects.filter(pseudonym=pseudonym).exclude(epoch__state=Epoch.State.CANCELLED)
    return list(rows.select_related("epoch").order_by("-epoch")[:most])


def allocation(number: int, pseudonym: str) -> Allocation | None:
    """What an account was credited in one epoch."""
    return Allocation.objects.filter(epoch=number, pseudonym=pseudonym).first()


def rewards_of_works(keys: list[str]) -> list[WorkReward]:
    """What works got in epochs that were not cancelled, the newest epoch first."""
    rows = WorkReward.objects.filter(work__in=keys).exclude(epoch__state=Epoch.State.CANCELLED)
    return list(rows.select_related("epoch").order_by("-epoch", "-kept_wei", "sequence"))


def kept_by(works: "QuerySet[Any] | list[str]") -> int:
    """What works, given by key, kept in final epochs, in wei."""
    rows = WorkReward.objects.filter(work__in=works, epoch__state=Epoch.State.FINALIZED)
    return int(rows.aggregate(sum=Sum("kept_wei"))["sum"] or 0)


def planned_budget() -> int:
    """The first epochs' budget as the settings plan it, before the distributor stands."""
    return int(settings.FIRST_BUDGET) * 10**18


def _sum(rows: QuerySet[Allocation]) -> int:
    return int(rows.aggregate(sum=Sum("wei"))["sum"] or 0)
