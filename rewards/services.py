"""What rewards do: policies, epochs, wallets, claims. Times are UTC and handed in."""

from rewards.binding import bind_wallet, next_nonce, start_binding
from rewards.claims import ask_for_relay, send_claims
from rewards.closing import close_epoch
from rewards.computing import compute_epoch
from rewards.following import follow
from rewards.pipeline import advance
from rewards.policy_setting import set_first_policy, set_policy

__all__ = [
    "advance",
    "ask_for_relay",
    "bind_wallet",
    "close_epoch",
    "compute_epoch",
    "follow",
    "next_nonce",
    "send_claims",
    "set_first_policy",
    "set_policy",
    "start_binding",
]
