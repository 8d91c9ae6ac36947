"""The forms of rewards."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

_ADDRESS = re.compile(r"0x[0-9a-f]{40}")
# Longer ones are of contracts, which the binding refuses in words of its own.
_SIGNATURE = re.compile(r"0x[0-9a-f]{130,}")
LARGEST = 2**53 - 1


class BindForm(forms.Form):
    """What a wallet signed. Filled in by the page's script, apart from the box."""

    understood = forms.BooleanField(
        label=_("I understand that this becomes public and cannot be taken back."),
        error_messages={"required": _("Please read what becomes public, and tick the box.")},
    )
    wallet = forms.CharField(max_length=42, widget=forms.HiddenInput)
    nonce = forms.IntegerField(min_value=0, max_value=LARGEST, widget=forms.HiddenInput)
    deadline = forms.IntegerField(min_value=0, max_value=LARGEST, widget=forms.HiddenInput)
    signature = forms.CharField(max_length=100_000, widget=forms.HiddenInput)

    def clean_wallet(self) -> str:
        return self._matching("wallet", _ADDRESS)

    def clean_signature(self) -> str:
        return self._matching("signature", _SIGNATURE)

    def _matching(self, name: str, form: re.Pattern[str]) -> str:
        value = str(self.cleaned_data[name]).lower()
        if not form.fullmatch(value):
            raise forms.ValidationError(_("The wallet did not answer with a signature. Please try again."))
        return value

    def signed(self) -> dict[str, Any]:
        """What the binding service takes."""
        return {name: self.cleaned_data[name] for name in ("wallet", "nonce", "deadline", "signature")}
