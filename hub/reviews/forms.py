"""Forms of reviews. Services decide; forms read, show, and keep what was typed."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hub import phrases
from hub.errors import HubError, Invalid
from hub.events import EFFORTS, REVIEW_REASONS
from hub.reviews import words
from hub.reviews.assessing import BEST, LONGEST_COMMENT

UNSEEN = _(
    "It was not said which version you looked at, so nothing is decided. Look at what it changes, then send your verdict again."
)
SAID = _("In your own words. They stand beside the entry and can be erased; the entry stays.")


def refuse(form: forms.Form, error: HubError) -> None:
    """Show a service's refusal beside its field, else above the form."""
    name = error.field if isinstance(error, Invalid) else ""
    form.add_error(name if name in form.fields else None, str(error))


class VerdictForm(forms.Form):
    """Accept, ask or decline; the last two with a reason and words."""

    verdict = forms.ChoiceField(label=_("Your verdict"), choices=list(words.VERDICTS.items()), widget=forms.RadioSelect)
    reason = forms.ChoiceField(
        label=_("Reason"),
        required=False,
        choices=[("", _("Choose a reason")), *((code, phrases.REVIEW_REASONS[code]) for code in REVIEW_REASONS)],
        help_text=_("Needed when you ask for changes or decline."),
    )
    comment = forms.CharField(
        label=_("Why"),
        required=False,
        max_length=LONGEST_COMMENT,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Needed as well. It stands beside the entry and can be erased; the entry stays."),
    )
    # Which version the page showed. Not `required`, because what is wrong with it is said of the form as a whole.
    proposal = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def clean(self) -> dict[str, Any]:
        """Everything that a verdict lacks, at once. What else may be wrong the service says."""
        if self.cleaned_data.get("verdict") in {"ask", "decline"}:
            if not self.cleaned_data.get("reason") and "reason" not in self.errors:
                self.add_error("reason", _("Choose a reason."))
            if not self.cleaned_data.get("comment") and "comment" not in self.errors:
                self.add_error("comment", _("Say why, in your own words."))
        if not self["proposal"].value():
            raise forms.ValidationError(UNSEEN)
        return self.cleaned_data

    def show_version(self, revision: str) -> None:
        """A form that came without a version names the one that its page shows now; any other stays as it was sent."""
        if self.is_bound and not self["proposal"].value():
            self.data = {**dict(self.data.items()), "proposal": revision}


class AppealForm(forms.Form):
    comment = forms.CharField(
        label=_("What was overlooked"),
        max_length=LONGEST_COMMENT,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=SAID,
    )


class AssessForm(forms.Form):
    """How much work it was, how good it is, and why."""

    effort = forms.TypedChoiceField(
        label=_("Effort"),
        coerce=int,
        choices=[(effort, str(effort)) for effort in EFFORTS],
        widget=forms.RadioSelect,
    )
    quality = forms.IntegerField(
        label=_("Quality, 0 to 100"),
        min_value=0,
        max_value=BEST,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    comment = forms.CharField(
        label=_("Why"), max_length=LONGEST_COMMENT, widget=forms.Textarea(attrs={"rows": 4}), help_text=SAID
    )
