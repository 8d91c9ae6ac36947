"""Forms of the contributions' pages. Services decide; forms read, show, and keep what was typed."""

import re
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hub.contributions.services import LONGEST_COMMENT, LONGEST_REASON, LONGEST_TITLE
from hub.contributions.shares import WHOLE
from hub.errors import Invalid
from hub.repositories.card_forms import CardForm
from hub.repositories.forms import PublishForm

_LINE = re.compile(r"@?([A-Za-z0-9._-]{1,39})[\s,:;]+([0-9]{1,3})(?:[.,]([0-9]{1,2}))?\s*%?")
_TOO_FINE = re.compile(r"\S+[\s,:;]+[0-9]{1,3}[.,][0-9]{3,}\s*%?")


class Words(forms.Form):
    """What every proposal says of itself besides what it changes."""

    title = forms.CharField(
        label=gettext_lazy("What this changes, in a few words"),
        max_length=LONGEST_TITLE,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    message = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("In your own words. It stands beside the entry and can be erased; the entry stays."),
    )
    authors = forms.CharField(
        label=gettext_lazy("Who else made it"),
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false", "autocapitalize": "none"}),
        help_text=gettext_lazy(
            "One person on each line, with a share: “handle 25 %”. Each of them has to agree. What is left is yours, and so "
            "is what nobody has agreed to when it is accepted."
        ),
    )

    def clean_authors(self) -> list[tuple[str, int]]:
        """(handle, bps) of the others."""
        found = []
        for line in filter(None, (line.strip() for line in self.cleaned_data["authors"].splitlines())):
            match = _LINE.fullmatch(line)
            if match is None and _TOO_FINE.fullmatch(line):
                words = _("“%(line)s”: a share has at most two decimals.")
                raise forms.ValidationError(words % {"line": line[:80]})
            if match is None:
                words = _("“%(line)s” is not a handle and a share, such as “handle 25 %%”.")
                raise forms.ValidationError(words % {"line": line[:80]})
            found.append((match[1], int(Decimal(f"{match[2]}.{match[3] or '0'}") * 100)))
        return found

    def shares(self, own: str) -> list[tuple[str, int]]:
        """What the service takes: everybody's share, `own` having what is left; none when there is nobody else.

        Raises Invalid at `authors` where `own` stands there as well, or nothing is left.
        """
        others = self.cleaned_data["authors"]
        if any(handle.lower() == own.lower() for handle, _bps in others):
            raise Invalid("authors", _("You are an author anyway; leave yourself out."))
        left = WHOLE - sum(bps for _handle, bps in others)
        if left <= 0:
            raise Invalid("authors", _("Together the shares of co-authors must stay below 100 %."))
        return [(own, left), *others] if others else []


class FilesForm(Words, PublishForm):
    """Files that are proposed."""


class CardProposalForm(Words, CardForm):
    """A card that is proposed."""


class CommentForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Your comment"), max_length=LONGEST_COMMENT, widget=forms.Textarea(attrs={"rows": 4})
    )


class WithdrawForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Why"), required=False, max_length=LONGEST_REASON, widget=forms.Textarea(attrs={"rows": 2})
    )


class CollisionsForm(forms.Form):
    """One choice for each path that both sides changed. A choice is named after its path and counts for that path alone.

    `head` and `proposal` are the revisions that were compared when the choices were shown.
    """

    head = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)
    proposal = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def __init__(self, *args: Any, paths: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for path in paths:
            self.fields[side_name(path)] = forms.ChoiceField(
                label=path,
                choices=[
                    ("mine", gettext_lazy("as it is proposed here")),
                    ("theirs", gettext_lazy("as it is in the repository now")),
                ],
                widget=forms.RadioSelect,
            )
        self.paths = paths

    def chosen(self, side: str) -> list[str]:
        return [path for path in self.paths if self.cleaned_data[side_name(path)] == side]


def side_name(path: str) -> str:
    """The name of the field that says which side of a path counts."""
    return f"side-{sha256(path.encode()).hexdigest()}"
