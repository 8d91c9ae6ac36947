"""People and organisations. Both own repositories, so both live in one namespace."""

import secrets

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper


def new_pseudonym() -> str:
    """128 random bits in hex. It stands for the account in every entry, and says nothing about it."""
    return secrets.token_hex(16)


class Account(AbstractUser):
    """`username` is the handle in addresses. `pseudonym` is what the log sees, for good."""

    class Kind(models.TextChoices):
        PERSON = "person"
        ORGANISATION = "organisation"

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.PERSON)
    pseudonym = models.CharField(max_length=32, unique=True, default=new_pseudonym, editable=False)
    display_name = models.CharField(max_length=80, blank=True)
    bio = models.CharField(max_length=280, blank=True)
    language = models.CharField(max_length=8, blank=True)
    theme = models.CharField(max_length=5, blank=True, choices=[("light", "light"), ("dark", "dark")])
    key_shortcuts = models.BooleanField(default=True)
    hub_reviewer = models.BooleanField(default=False)
    moderator = models.BooleanField(default=False)
    erased = models.DateTimeField(null=True)

    class Meta:
        # Handles are ASCII and unique in any case; in capitals, because that is how `iexact` looks them up.
        constraints = [models.UniqueConstraint(Upper("username"), name="accounts_handle_once")]

    @property
    def actor(self) -> str:
        return f"acct:{self.pseudonym}"


class ApiToken(models.Model):
    """A token for programs. Only its SHA-256 is kept; the token itself is shown once."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    prefix = models.CharField(max_length=12)
    scope = models.CharField(max_length=5, choices=[("read", "read"), ("write", "write")])
    created = models.DateTimeField()
    expires = models.DateTimeField(null=True)
    last_used = models.DateTimeField(null=True)
    revoked = models.DateTimeField(null=True)


class Membership(models.Model):
    """A person's role in an organisation."""

    organisation = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="members")
    person = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(
        max_length=10, choices=[("owner", "owner"), ("maintainer", "maintainer"), ("member", "member")]
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "person"], name="accounts_member_once"),
            models.CheckConstraint(condition=~Q(organisation=models.F("person")), name="accounts_not_own_member"),
        ]
