"""The page of an epoch, and the page that says why somebody got what they got in it."""

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from chain import distribution
from chain.errors import ChainError
from hub import names
from hub.accounts import selectors as accounts
from hub.errors import NotFound
from ledger.describing import Label
from rewards import bundle_reading, explaining, places, policy, reading, showing, words
from rewards.models import Epoch, Royalty, WorkReward
from rewards.works import REVIEW_EFFORT

if TYPE_CHECKING:
    from hub.accounts.models import Account

MOST_WORKS, MOST_ACCOUNTS, MOST_ROYALTIES = 100, 100, 60
_PSEUDONYM = re.compile(r"[0-9a-f]{32}")


# --- an epoch ------------------------------------------------------------------------------------
@require_safe
def epoch(request: HttpRequest, number: int) -> HttpResponse:
    found, manifest, schedule = reading.epoch(number), bundle_reading.manifest(number), reading.schedule()
    rule = policy.parse_body(bytes(found.policy.body))
    before, after = reading.neighbours(number)
    pools = _pools(manifest)
    challengeable = _is_challengeable(found, timezone.now())
    context = {
        "section": "rewards",
        "epoch": found,
        "schedule": schedule,
        "starts": schedule.starts(number) if schedule is not None else None,
        "ends": schedule.ends(number) if schedule is not None else None,
        "status": words.status(found),
        "steps": words.steps(found),
        "delay": words.DELAYS.get(reading.delay(found), ""),
        "previous_url": f"/rewards/epochs/{before}" if before is not None else "",
        "next_url": f"/rewards/epochs/{after}" if after is not None else "",
        "unallocated": _unallocated(found),
        "capped": _unallocated(found) - pools["left_wei"] if pools["rows"] else 0,
        "unclaimable": int(found.credited_wei or 0) - int(found.total_wei or 0),
        "manifest": manifest,
        "files": _files(found, manifest),
        "command": recompute_command(number),
        "pools": pools,
        "events": [{"log": log, "words": words.EVENTS.get(log.kind, log.kind)} for log in reading.on_chain(number)],
        "policy": rule,
        "percents": words.percents(rule),
        "challengeable": challengeable,
        "challenge": challenge_command() if challengeable else "",
        **_works(request, number),
        **_accounts(request, number),
    }
    return render(request, "rewards/epoch.html", context)


def _unallocated(found: Epoch) -> int:
    return int(found.budget_wei or 0) - int(found.allocated_wei or 0)


def _is_challengeable(found: Epoch, now: datetime) -> bool:
    """Whether a proposal waits in its window."""
    return found.state == Epoch.State.PROPOSED and (found.ready is None or now < found.ready)


def _works(request: HttpRequest, number: int) -> dict[str, Any]:
    """Works, and royalties between them with the drawing."""
    rows = reading.works_of(number, MOST_WORKS + 1)
    royalties = reading.royalties_of(number, MOST_ROYALTIES)
    rewards, named = _named(request, number, rows[:MOST_WORKS], royalties)
    own = {row["id"] for row in _owned(request, number)}
    return {
        "works": [{"reward": row, "name": named[row.work]} for row in rows[:MOST_WORKS]],
        "works_more": len(rows) > MOST_WORKS,
        "flow": showing.flow(royalties, rewards, named, own) if royalties else None,
    }


def _named(
    request: HttpRequest, number: int, rows: list[WorkReward], royalties: list[Royalty]
) -> tuple[dict[str, WorkReward], dict[str, showing.WorkName]]:
    """The works of these rows and all that royalties touch, and what they are called."""
    found = {row.work: row for row in rows}
    missing = {end for each in royalties for end in (each.child, each.parent)} - set(found)
    found |= {row.work: row for row in WorkReward.objects.filter(epoch=number, work__in=missing)}
    return found, showing.works(request.user, found.values())


def _owned(request: HttpRequest, number: int) -> list[dict[str, Any]]:
    """The reader's own works of the epoch."""
    if not request.user.is_authenticated:
        return []
    return bundle_reading.rows_naming(number, "contributions.ndjson", request.user.pseudonym)


def _accounts(request: HttpRequest, number: int) -> dict[str, Any]:
    """What accounts were credited, the reader's own first named beside the list."""
    rows = reading.allocations_of(number, MOST_ACCOUNTS + 1)
    called = showing.people([row.pseudonym for row in rows])
    user = request.user
    own = reading.allocation(number, user.pseudonym) if user.is_authenticated else None
    return {
        "accounts": [
            {"who": called[row.pseudonym], "wei": row.wei, "url": why_url(number, row.pseudonym, called[row.pseudonym])}
            for row in rows[:MOST_ACCOUNTS]
        ],
        "accounts_more": len(rows) > MOST_ACCOUNTS,
        "people": reading.paid_accounts(number),
        "own": own,
        "own_url": why_url(number, user.pseudonym, names.person(user.username)) if user.is_authenticated else "",
    }


def why_url(number: int, pseudonym: str, who: Label) -> str:
    """By the handle where there is one."""
    return f"/rewards/epochs/{number}/why/{who.text if who.url else pseudonym}"


def _files(epoch: Epoch, manifest: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The files of the bundle as the manifest names them, itself first."""
    if manifest is None:
        return []
    folder = places.bundle(epoch.number)
    listed = [("manifest.json", epoch.manifest)]
    listed += [(name, file["sha256"]) for name, file in manifest["files"].items()]
    return [
        {
            "name": name,
            "url": f"/epochs/{epoch.number}/{name}",
            "sha256": digest,
            "size": (folder / name).stat().st_size,
        }
        for name, digest in listed
        if (folder / name).exists()
    ]


def _pools(manifest: dict[str, Any] | None) -> dict[str, Any]:
    """Pools of the epoch with what they paid; those without a budget are left out."""
    if manifest is None:
        return {"rows": [], "largest": 0, "left_wei": 0}
    found = {
        kind: {key: int(value) for key, value in pool.items()} for kind, pool in manifest["result"]["pools"].items()
    }
    rows: list[dict[str, Any]] = [
        {"kind": words.KINDS[kind], **pool, "left_wei": pool["budget_wei"] - pool["paid_wei"]}
        for kind, pool in sorted(found.items(), key=lambda item: (-item[1]["budget_wei"], item[0]))
        if pool["budget_wei"]
    ]
    return {
        "rows": rows,
        "largest": max((row["budget_wei"] for row in rows), default=0),
        "budget_wei": sum(row["budget_wei"] for row in rows),
        "paid_wei": sum(row["paid_wei"] for row in rows),
        "left_wei": sum(row["left_wei"] for row in rows),
    }


# --- why -----------------------------------------------------------------------------------------
@require_safe
def why(request: HttpRequest, number: int, who: str) -> HttpResponse:
    """From an amount down to the entries that it follows from. `who` is a handle or a pseudonym."""
    found, account = reading.epoch(number), _account(who)
    label = names.account(account)
    wanted = account.pseudonym if account.erased else account.username
    if who != wanted:
        return redirect(f"/rewards/epochs/{number}/why/{wanted}")
    rule = policy.parse_body(bytes(found.policy.body))
    said = explaining.explain(number, account.pseudonym, rule)
    allocated = reading.allocation(number, account.pseudonym)
    amount = int(allocated.wei) if allocated is not None else 0
    context = {
        "section": "rewards",
        "epoch": found,
        "who": label,
        "own": request.user.is_authenticated and request.user.pk == account.pk,
        "amount": amount,
        "said": said,
        "parts": _parts(request, number, said),
        "capped": max(0, said.earned_wei - amount),
        "policy": rule,
        "percents": words.percents(rule),
        "review_effort": REVIEW_EFFORT,
        "computed": found.budget_wei is not None,
        "state": words.STATES[found.state],
    }
    return render(request, "rewards/why.html", context)


def _account(who: str) -> "Account":
    """By the handle first; a pseudonym leads to the handle, or to the account without one."""
    try:
        return accounts.account_by_handle(who)
    except NotFound:
        if not _PSEUDONYM.fullmatch(who):
            raise
        return accounts.account_by_pseudonym(who)


def _parts(request: HttpRequest, number: int, said: explaining.Explanation) -> list[dict[str, Any]]:
    others = {each.work for part in said.parts for each in (*part.received, *part.passed)}
    rows = {part.reward.work: part.reward for part in said.parts}
    rows |= {row.work: row for row in WorkReward.objects.filter(epoch=number, work__in=others - set(rows))}
    named = showing.works(request.user, rows.values())
    return [
        {
            "part": part,
            "name": named[part.reward.work],
            "pool": words.POOLS[part.pool],
            "openness": words.OPENNESS[part.signals["openness"]],
            "openness_percent": words.percent(part.openness_bps),
            "share_percent": words.percent(part.share_bps),
            "received": [{"name": named[each.work], "wei": each.wei} for each in part.received],
            "passed": [{"name": named[each.work], "wei": each.wei} for each in part.passed],
        }
        for part in said.parts
    ]


def recompute_command(number: int) -> str:
    """How anybody computes an epoch again from its saved bundle."""
    here = reading.schedule()
    more = f" \\\n  --rpc {_node()} --distributor {here.deployment.distributor_address}" if here else ""
    return f"python3 akashi_recompute.py epoch-{number}{more}"


def challenge_command() -> str:
    """How anybody objects to the proposal that waits: with the bond that a challenge takes now, which each one that was
    not upheld doubles. While the chain does not answer, the command asks for it.
    """
    here = reading.schedule()
    if here is None:
        return ""
    to = here.deployment.distributor_address
    try:
        bond = f"{distribution.read_distribution().bond}wei"
    except ChainError:
        bond = f"\"$(cast call {to} 'challengeBond()(uint256)' --rpc-url {_node()} | cut -d ' ' -f 1)wei\""
    return f'cast send {to} \\\n  "challenge(string)" "what is wrong" \\\n  --value {bond} --rpc-url {_node()}'


def _node() -> str:
    return f"{settings.SITE_URL}/rpc" if settings.CHAIN_EMBEDDED else "$RPC_URL"
