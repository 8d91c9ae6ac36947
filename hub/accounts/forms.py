"""Forms of sign-up and of the settings pages. Services decide; forms only read and show."""

from typing import Any, cast

from allauth.account.forms import SignupForm as AllauthSignupForm
from django import forms
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from hub.accounts.models import Account
from hub.accounts.reserved import LONGEST
from hub.errors import Conflict, HubError, Invalid

# What sign-up makes public for good; shown beside the fields and on the page about erasing.
PUBLIC_NOTICE = _(
    "Your handle is public. The log calls you by a random pseudonym instead, and what that pseudonym does stays public "
    "for good. You can have the handle, your profile and your e-mail address erased at any time; the pseudonym’s entries "
    "stay."
)

# The choice that leaves a preference to the device; services know it as the empty string.
AUTO = "auto"


def refuse(form: forms.Form, error: HubError) -> None:
    """Show a service's refusal beside the field it is about, else above the form."""
    field = error.field if isinstance(error, Invalid) and error.field in form.fields else None
    form.add_error(field, str(error))


class SignupForm(AllauthSignupForm):  # type: ignore[misc]
    """Handle, optional e-mail address, password. Saves account, e-mail address and entry in one transaction."""

    template = "account/signup.html"
    public_notice = PUBLIC_NOTICE

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        handle, email, password = (self.fields[name] for name in ("username", "email", "password1"))
        handle.label, email.label, password.label = _("Handle"), _("E-mail address"), _("Password")
        handle.help_text = PUBLIC_NOTICE
        handle.max_length = LONGEST
        handle.widget.attrs.update(maxlength=str(LONGEST), spellcheck="false", autocapitalize="none")
        email.help_text = _("Only for setting a new password when you have lost yours. It is never shown.")
        password.help_text = _("At least 10 characters; neither a common password nor like your handle.")
        for field in (handle, email, password):
            field.widget.attrs.pop("placeholder", None)

    def save(self, request: HttpRequest) -> Account:
        with transaction.atomic():
            return cast(Account, super().save(request))

    def try_save(self, request: HttpRequest) -> tuple[Account | None, HttpResponse | None]:
        """The new account, or the page again when somebody took the handle in the same moment."""
        try:
            return cast("tuple[Account | None, HttpResponse | None]", super().try_save(request))
        except Conflict as error:
            self.add_error("username", str(error))
            return None, TemplateResponse(request, self.template, {"form": self}, status=409)


class ProfileForm(forms.Form):
    display_name = forms.CharField(
        label=_("Name"), max_length=80, required=False, help_text=_("As you want to be called.")
    )
    bio = forms.CharField(
        label=_("About you"), max_length=280, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class DisplayForm(forms.Form):
    language = forms.ChoiceField(label=_("Language"))
    theme = forms.ChoiceField(
        label=_("Colours"),
        choices=[(AUTO, _("As the device")), ("light", _("Light")), ("dark", _("Dark"))],
        widget=forms.RadioSelect,
    )
    key_shortcuts = forms.BooleanField(
        label=_("Keyboard shortcuts"),
        required=False,
        help_text=_("/ goes to the search, j and k to the next and previous row, ? lists all keys."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = cast(forms.ChoiceField, self.fields["language"])
        language.choices = [(AUTO, _("As the browser")), *settings.LANGUAGES]


class TokenForm(forms.Form):
    name = forms.CharField(label=_("What it is for"), max_length=80, help_text=_("Only you see this."))
    scope = forms.ChoiceField(
        label=_("It may"),
        choices=[("read", _("read what you may read")), ("write", _("read and write in your name"))],
        widget=forms.RadioSelect,
        initial="read",
    )
    days = forms.TypedChoiceField(
        label=_("It ends"),
        choices=[("30", _("after 30 days")), ("90", _("after 90 days")), ("365", _("after a year")), ("0", _("never"))],
        coerce=int,
        initial="90",
    )


class EraseForm(forms.Form):
    """The handle, typed again, and the password: this cannot be undone."""

    handle = forms.CharField(
        label=_("Your handle, typed again"), max_length=LONGEST, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    password = forms.CharField(
        label=_("Your password"), widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )

    def __init__(self, account: Account, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account

    def clean_handle(self) -> str:
        handle: str = self.cleaned_data["handle"]
        if handle.lower() != self.account.username.lower():
            raise forms.ValidationError(_("This is not your handle."))
        return handle

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not self.account.check_password(password):
            raise forms.ValidationError(_("This is not your password."))
        return password
