"""How allauth makes accounts here: through `services`, so that no account exists without its entry."""

from typing import Any, cast

from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hub.accounts.models import Account
from hub.accounts.reserved import check_handle
from hub.accounts.services import register_account
from hub.errors import Invalid


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Handles follow `reserved`; registering records `account.registered`."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_taken": _("Somebody already has this handle."),
        "email_taken": _("An account with this e-mail address exists already."),
        "username_password_mismatch": _("Handle and password do not belong together."),
        "email_password_mismatch": _("E-mail address and password do not belong together."),
        "too_many_login_attempts": _("Too many attempts. Wait five minutes and try again."),
    }

    def clean_username(self, username: str, shallow: bool = False) -> str:
        try:
            check_handle(username)
        except Invalid as error:
            raise ValidationError(str(error)) from error
        return cast(str, super().clean_username(username, shallow=shallow))

    def save_user(self, request: HttpRequest, user: Account, form: Any, commit: bool = True) -> Account:
        """The account of a valid form; raises `hub.errors.Conflict` if somebody took the handle meanwhile."""
        data = form.cleaned_data
        return register_account(
            handle=data["username"], email=data.get("email") or "", password=data["password1"], now=timezone.now()
        )
