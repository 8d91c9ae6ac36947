"""What people do about the work of others. Every act is one transaction with its entry. Times are UTC and handed in."""

from hub.accounts.reviewers import grant_reviewer, revoke_reviewer
from hub.reviews.assessing import assess, submit_work
from hub.reviews.deciding import appeal, decide

__all__ = ["appeal", "assess", "decide", "grant_reviewer", "revoke_reviewer", "submit_work"]
