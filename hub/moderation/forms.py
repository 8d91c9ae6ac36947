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
    # The browser asks for the sentence as it would be with the reason chosen; without scripts it is shown with a click.
    sure = forms.BooleanField(label=_("I have read what happens. It cannot be undone."))
