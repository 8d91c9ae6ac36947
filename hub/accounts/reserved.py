"""Which handles exist. Pure.

A handle is the first segment of addresses, so it must not be one that the site uses itself, now or later, nor one that
would let somebody speak in the site's name.
"""

import re

from django.utils.translation import gettext_lazy as _

from hub.errors import Invalid

SHORTEST, LONGEST = 2, 39
PATTERN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")
# An erased account is called this and its pseudonym: 7 + 32 = 39 characters.
TOMBSTONE = "erased-"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ADDRESSES = _words(
    """
    models datasets search new contribute reviews me people settings accounts ledger log verify rewards epochs api rpc status
    healthz readyz metrics styleguide xet problems preferences help static media
    """
)
# First segments of the Hugging Face Hub's own addresses, and those that sites commonly come to need.
LIKELY = _words(
    """
    about account admin api-docs apis app apps archive assets blog browse cdn claim claims collections community contracts
    dataset demo developers discussions docs download downloads embed enterprise events explore export faq favicon feed
    feedback files gated graphql guide health history home images import index info inference install jobs join kernels
    languages leaderboard learn legal licence licences license licenses lineage list login logout mail manifest model
    notifications oauth openapi operator organisation organisations organization organizations orgs papers password policies
    policy post posts pricing privacy profile public raw register releases repo repos repositories resolve robots rss schema
    security service sign-in sign-out sign-up signin signout signup site sitemap space spaces stats storage support tags
    task tasks team teams terms token tokens topics trending tutorial update upload uploads user users wallet wallets
    webhooks well-known wiki witness www
    """
)
# Names that would speak for the site or for nobody.
VOICES = _words(
    """
    akashi anonymous everyone guest hub hubs moderator moderators nobody none null official owner private root server staff
    sys system true false undefined unknown void you
    """
)
RESERVED = ADDRESSES | LIKELY | VOICES


def check_handle(handle: str) -> None:
    """Raise `Invalid("handle", …)` unless `handle` may be given to a new account, whoever else may have it."""
    if not SHORTEST <= len(handle) <= LONGEST:
        raise Invalid("handle", _("A handle has 2 to 39 characters."))
    if not PATTERN.fullmatch(handle):
        raise Invalid("handle", _("Use letters A to Z, digits and hyphens; a hyphen stands neither first nor last."))
    if handle.lower() in RESERVED or handle.lower().startswith(TOMBSTONE):
        raise Invalid("handle", _("This handle is kept for the site itself."))


def tombstone(pseudonym: str) -> str:
    """The handle of an erased account: it says only what the log shows anyway."""
    return TOMBSTONE + pseudonym
