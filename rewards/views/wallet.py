"""The wallet of an account: binding it, what waits, and the three ways to claim."""

import json
import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chain import distribution, signatures
from chain import services as chain
from chain.errors import ChainError
from hub.accounts import tabs
from hub.errors import HubError, NotFound
from rewards import amounts, binding, claims, proofs, reading
from rewards.errors import RewardsError
from rewards.forms import BindForm
from rewards.models import Epoch
from rewards.reading import Standing
from rewards.words import ORDINARY_KEY, STATES

if TYPE_CHECKING:
    from hub.accounts.models import Account

logger = logging.getLogger(__name__)
NOBODY = "0x" + "0" * 40


def _account(request: HttpRequest) -> "Account":
    """The signed-in account; the views are behind `login_required`."""
    return cast("Account", request.user)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """What somebody earned and where it is; a POST binds the wallet that signed."""
    account, now = _account(request), timezone.now()
    form = BindForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            binding.bind_wallet(account=account, now=now, **form.signed())
        except (HubError, RewardsError) as error:
            form.add_error(None, str(error))
        else:
            _give_gas(form.signed()["wallet"])
            messages.success(request, _("The wallet is bound. What waits goes to it with the next epoch."))
            return redirect("rewards:wallet")
    standing = reading.standing(account.pk, account.pseudonym)
    context = {
        "section": "rewards",
        "tabs": tabs.settings_tabs("wallet"),
        "form": form,
        "standing": standing,
        "claimed": _claimed(standing),
        "carried": _carried(standing, now),
        "asked": claims.on_its_way(standing.wallet, now) if standing.wallet else None,
        "typed": "" if standing.wallet else json.dumps(_typed_data(account, now)),
        "chain": _chain(request),
        "ordinary_key": ORDINARY_KEY,
        "history": reading.earned_by(account.pseudonym),
        "claims": reading.claims_of(standing.wallet) if standing.wallet else [],
        **_claim(standing),
    }
    return render(request, "rewards/wallet.html", context, status=422 if form.is_bound else 200)


def _give_gas(wallet: str) -> None:
    """On the embedded chain a new wallet has no coin to send a claim of its own with."""
    try:
        chain.give_gas(wallet)
    except ChainError:
        # The wallet is bound all the same, and the hub's relay needs no coin of it.
        logger.warning("no gas for %s", wallet, exc_info=True)


@login_required
@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """Ask the hub to send one's claim: it pays the gas, and the money goes to the wallet alone."""
    try:
        claims.ask_for_relay(account=_account(request), now=timezone.now())
    except (HubError, RewardsError) as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request, _("The hub sends your claim. It pays the gas, and the money goes to your wallet alone.")
        )
    return redirect("rewards:wallet")


@login_required
@require_safe
def proof(request: HttpRequest) -> HttpResponse:
    """One's claim as a file that a wallet, `cast` or the saved page can use when this site is gone."""
    account = _account(request)
    standing, here = reading.standing(account.pk, account.pseudonym), reading.schedule()
    found = proofs.claim(standing.epoch, standing.wallet) if standing.wallet and standing.epoch is not None else None
    if found is None or here is None:
        raise NotFound(_("There is nothing to claim for your wallet yet."))
    body = {
        "format": "akashi-claim/1",
        "chain_id": settings.CHAIN_ID,
        "distributor": here.deployment.distributor_address.lower(),
        "token": here.deployment.token_address.lower(),
        "epoch": found.epoch,
        "wallet": found.wallet,
        "cumulative_wei": str(found.cumulative_wei),
        "proof": found.proof,
        "data": found.data,
    }
    answer = HttpResponse(json.dumps(body, indent=1), content_type="application/json")
    answer["Content-Disposition"] = 'attachment; filename="proof.json"'
    return answer


# --- what the page says --------------------------------------------------------------------------
def _claimed(standing: Standing) -> int:
    """What the wallet took, as the chain says it now; as its events told it when no node answers."""
    if not standing.wallet:
        return 0
    try:
        return max(standing.claimed_wei, distribution.claimed(standing.wallet))
    except ChainError:
        return standing.claimed_wei


def _carried(standing: Standing, now: datetime) -> dict[str, Any] | None:
    """Where the epoch stands that carries credit to the wallet, and when it can be claimed at the earliest.

    An epoch that is proposed waits for its window's end; one that is not has a whole window before it. While somebody's
    challenge is open nobody knows.
    """
    if standing.carrier is None or not standing.carried_wei:
        return None
    row, here = standing.carrier.epoch, reading.schedule()
    if row.state == Epoch.State.PROPOSED:
        earliest = row.ready
    elif row.state == Epoch.State.COMPUTED and here is not None:
        earliest = now + timedelta(seconds=here.deployment.window_seconds)
    else:
        earliest = None
    proposed = row.state == Epoch.State.PROPOSED
    return {"step": STATES[row.state], "earliest": earliest, "proposed": proposed}


def _typed_data(account: "Account", now: datetime) -> dict[str, Any]:
    """The message to sign, without the wallet, which the page knows only once it was chosen."""
    return signatures.binding_typed_data(
        chain_id=settings.CHAIN_ID,
        account=bytes.fromhex(account.pseudonym),
        wallet=NOBODY,
        nonce=binding.next_nonce(account),
        deadline=int((now + binding.SIGNABLE).timestamp()),
    )


def _chain(request: HttpRequest) -> dict[str, Any]:
    """The chain as `wallet_addEthereumChain` takes it. Only the embedded one has a node that everybody may use."""
    here: dict[str, Any] = {"chainId": hex(settings.CHAIN_ID), "chainName": "Akashi"}
    if settings.CHAIN_EMBEDDED:
        here |= {
            "rpcUrls": [request.build_absolute_uri("/rpc")],
            "nativeCurrency": {"name": "Ether", "symbol": "ETH", "decimals": 18},
        }
    return {"json": json.dumps(here), "id": str(settings.CHAIN_ID), "embedded": settings.CHAIN_EMBEDDED}


def _claim(standing: Standing) -> dict[str, Any]:
    """What can be claimed now, and with which transaction."""
    here = reading.schedule()
    due = standing.leaf_wei - _claimed(standing)
    if not standing.wallet or standing.epoch is None or due <= 0 or here is None:
        return {"due": 0, "claim": None}
    found = proofs.claim(standing.epoch, standing.wallet)
    return {
        "due": due,
        "due_words": f"{amounts.tokens(due)} {amounts.SYMBOL}",
        "claim": found,
        "distributor": here.deployment.distributor_address,
        "command": _command(here.deployment.distributor_address, found) if found is not None else "",
    }


def _command(distributor: str, found: proofs.Claim) -> str:
    node = f"{settings.SITE_URL}/rpc" if settings.CHAIN_EMBEDDED else "$RPC_URL"
    return (
        f'cast send {distributor} \\\n  "claim(uint48,address,uint256,bytes32[])" \\\n'
        f'  {found.epoch} {found.wallet} {found.cumulative_wei} \\\n  "[{",".join(found.proof)}]" \\\n  --rpc-url {node}'
    )
