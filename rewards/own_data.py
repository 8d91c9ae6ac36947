"""What rewards keep about an account, for its own copy. Nothing of it is erased: a wallet once bound, amounts and claims
are public for good, which was said before the wallet was bound."""

from typing import TYPE_CHECKING, Any

from hub.accounts import own_data
from rewards.models import Allocation, RelayedClaim, WalletBinding

if TYPE_CHECKING:
    from hub.accounts.models import Account


def register() -> None:
    own_data.register("rewards", export=export)


def export(account: "Account") -> dict[str, Any]:
    """Its wallet, what it was credited in each epoch (wei), and the claims it asked for."""
    wallets = WalletBinding.objects.filter(account=account).order_by("nonce")
    credited = Allocation.objects.filter(pseudonym=account.pseudonym).order_by("epoch")
    claims = RelayedClaim.objects.filter(account=account).order_by("asked")
    return {
        "wallets": list(wallets.values("wallet", "nonce", "message", "bound", "released")),
        "credited": [{"epoch": row.epoch_id, "wei": str(int(row.wei))} for row in credited],
        "claims": [
            {
                "epoch": row.epoch_id,
                "wallet": row.wallet,
                "cumulative_wei": str(int(row.cumulative_wei)),
                "asked": row.asked,
            }
            for row in claims
        ],
    }
