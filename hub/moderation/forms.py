"""Forms of moderators. Services decide; forms read, show, and keep what was typed."""

from django import forms
from django.utils.translation import gettext_lazy as _

from hub import phrases
from hub.errors import HubError, Invalid
from hub.uploads.takedowns import LONGEST_WORDS, REASONS

CHOICES = [("", _("Choose a reason")), *((code, phrases.REMOVAL_REASONS[code]) for code in REASONS)]


def refuse(form: forms.Form, error: HubError) -> None:
    """Show a service's refusal beside its field, else above the form."""
    name = error.field if isinstance(error, Invalid) else ""
    form.add_error(name if name in form.fields else None, str(error))


class RemovalForm(forms.Form):
    """Why something is removed: a reason from the list, and words if there is more to say."""

    reason = forms.ChoiceField(label=_("Reason"), choices=CHOICES)
    words = forms.CharField(
        label=_("What else the public should know"),
        required=False,
        max_length=LONGEST_WORDS,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Everybody can read it. It stands beside the entry and can be erased; name nobody in it."),
    )
    # The reason with which the page showed the sentence that becomes public. Only that one is carried out.
    shown = forms.CharField(widget=forms.HiddenInput, required=False, max_length=20)

    @property
    def confirmed(self) -> bool:
        """Whether whoever sent it has read the exact sentence that it leaves."""
        return self.is_valid() and self.cleaned_data["shown"] == self.cleaned_data["reason"]

    def show(self) -> str:
        """The reason to show the sentence with, which the form remembers; empty while it has none that can be carried out."""
        reason = self.cleaned_data["reason"] if self.is_bound and self.is_valid() else ""
        if reason:
            self.data = {**dict(self.data.items()), "shown": reason}
        return str(reason)
