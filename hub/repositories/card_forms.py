"""The form of a card: its text, the fields beside it, and what has to be confirmed before it is lost."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from hub.repositories import card, licences, words
from hub.repositories.forms import licence_choices, other_terms, pins_field
from hub.repositories.front_matter import FrontMatterRefused

if TYPE_CHECKING:
    from hub.repositories.models import Repository

RELATIONS: Mapping[str, Promise] = {
    "": pgettext_lazy("how it was made from its base", "not said"),
    "finetune": pgettext_lazy("how it was made from its base", "fine-tuned"),
    "adapter": pgettext_lazy("how it was made from its base", "adapter"),
    "quantized": pgettext_lazy("how it was made from its base", "quantised"),
    "merge": pgettext_lazy("how it was made from its base", "merged"),
}


def lines(value: str) -> list[str]:
    """Words that stand in lines or behind commas, each once."""
    parts = (part.strip() for line in value.splitlines() for part in line.split(","))
    return list(dict.fromkeys(part for part in parts if part))


class CardForm(forms.Form):
    """The whole card as text, and its most used fields beside it.

    A field that was touched wins over the text, and so does one that still shows what the text no longer names. What the
    card stated before and would no longer state has to be confirmed by sending the form once more.
    """

    licence = forms.ChoiceField(label=_("Licence"), required=False)
    license_name, license_link = other_terms()
    base_model = forms.CharField(
        label=_("Made from these models"),
        required=False,
        max_length=8_000,
        help_text=_(
            "owner/name of this hub, or an address elsewhere; one on each line. owner/name@revision names one exactly."
        ),
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
    )
    base_model_relation = forms.ChoiceField(label=_("How"), required=False, choices=list(RELATIONS.items()))
    datasets = forms.CharField(
        label=_("Trained on these datasets"),
        required=False,
        max_length=8_000,
        help_text=_("The same way. When you publish, each new name is pinned to the revision it has then."),
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
    )
    tags = forms.CharField(label=_("Tags"), required=False, max_length=4_000, help_text=_("Divided by commas."))
    text = forms.CharField(
        label=_("Card"),
        max_length=card.MAX_BYTES,
        strip=False,
        help_text=_("Markdown. The block between the two lines of --- holds the fields above and any others."),
        widget=forms.Textarea(attrs={"rows": 24, "class": "mono", "spellcheck": "true"}),
    )
    pins = pins_field()
    message = forms.CharField(
        label=_("Why this change"),
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("In your own words. It stands beside the entry and can be erased; the entry stays."),
    )
    initial_fields = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40_000)
    confirmed = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40_000)
    parent = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    LISTS = ("base_model", "datasets", "tags")

    def __init__(self, *args: Any, repository: "Repository", pinned: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.repository = repository
        if not pinned:
            del self.fields["pins"]
        licence = self.fields["licence"]
        assert isinstance(licence, forms.ChoiceField)
        licence.choices = [*licence_choices(), *self._own_licence()]
        if repository.kind == "dataset":
            self.fields["datasets"].label = _("Made from these datasets")
            del self.fields["base_model_relation"]

    @classmethod
    def of(cls, text: str, *, repository: "Repository", parent: str, pinned: bool = False) -> "CardForm":
        """The form for a card as it is."""
        shown = cls.shown(text)
        initial = {**shown, "text": text, "initial_fields": json.dumps(shown), "parent": parent}
        return cls(initial=initial, repository=repository, pinned=pinned)

    def for_preview(self) -> "CardForm":
        """The form after a look at the preview: text and fields say the same again, and a reason is not needed yet.

        With anything else wrong it is this form, with what is wrong.
        """
        self.errors.pop("message", None)
        if self.errors:
            return self
        try:
            text = self.final_text()
        except FrontMatterRefused:
            return self
        kept: dict[str, Any] = {name: self.data.get(name, "") for name in ("message", "pins") if name in self.fields}
        parent = self.cleaned_data["parent"]
        form = CardForm.of(text, repository=self.repository, parent=parent, pinned="pins" in self.fields)
        form.initial = {**form.initial, **kept}
        return form

    @staticmethod
    def shown(text: str) -> dict[str, str]:
        """What the fields show of a card."""
        try:
            about = card.parse(text)
        except FrontMatterRefused:
            return {}
        return {
            "licence": about.licence.id if about.licence else "",
            "license_name": about.licence_name,
            "license_link": about.licence_link[:400],
            "base_model": "\n".join(about.base_models),
            "base_model_relation": about.relation if about.relation in RELATIONS else "",
            "datasets": "\n".join(about.datasets),
            "tags": ", ".join(_own_tags(about)),
        }

    def _own_licence(self) -> list[tuple[str, str]]:
        """An expression such as `MIT OR Apache-2.0` is no choice of the list, but stays one for its card."""
        value = str(self.data.get("licence") or self.initial.get("licence") or "")
        found = licences.find(value) if value and value not in licences.LICENCES else None
        return [(found.id, found.id)] if found is not None else []

    def clean(self) -> dict[str, Any]:
        lost = self._lost()
        named = json.dumps({name: sorted(gone) for name, gone in lost.items()}, sort_keys=True)
        if lost and self.cleaned_data.get("confirmed") != named:
            for name, gone in lost.items():
                self.add_error(name, words.LOST[name] % {"what": ", ".join(sorted(gone))})
            shown = self.data.copy() if isinstance(self.data, QueryDict) else dict(self.data)
            shown["confirmed"] = named
            self.data = shown
        return self.cleaned_data

    def _lost(self) -> dict[str, set[str]]:
        """What the page showed of licence and lineage and the card would no longer state, by field."""
        before = self._before()
        try:
            after = card.parse(self.final_text())
        except FrontMatterRefused:
            return {}
        stated = {"base_model": after.base_models, "datasets": after.datasets}
        lost = {name: _unpinned(lines(before.get(name, ""))) - _unpinned(left) for name, left in stated.items()}
        if after.licence is None and before.get("licence"):
            lost["licence"] = {before["licence"]}
        return {name: gone for name, gone in lost.items() if gone}

    def _before(self) -> dict[str, str]:
        """What the fields showed when the page was made."""
        try:
            found = json.loads(self.cleaned_data.get("initial_fields") or "{}")
        except ValueError:
            return {}
        return (
            {name: value for name, value in found.items() if isinstance(value, str)} if isinstance(found, dict) else {}
        )

    def changed_fields(self) -> dict[str, Any]:
        """Front matter to set: what was changed in the fields, and what they still show that the text does not name."""
        before, written = self._before(), self.shown(self.cleaned_data.get("text", ""))
        found: dict[str, Any] = {}
        for name in self.fields:
            value = str(self.cleaned_data.get(name, "")).replace("\r\n", "\n")
            if name in before and (value != before[name] or (value and not written.get(name))):
                found["license" if name == "licence" else name] = self._front_matter(name)
        return found

    def final_text(self) -> str:
        """The card as it would be published; as it stands on the page while nothing was sent. Raises FrontMatterRefused."""
        if not self.is_bound or "text" not in getattr(self, "cleaned_data", {}):
            return str(self["text"].value() or "")
        return card.edit_fields(self.cleaned_data["text"], self.changed_fields())

    def _front_matter(self, name: str) -> Any:
        value = self.cleaned_data.get(name, "")
        if name not in self.LISTS:
            return value or None
        items = lines(value)
        return items[0] if name == "base_model" and len(items) == 1 else items or None


def _unpinned(names: list[str]) -> set[str]:
    """The names without the revision that some of them ask for."""
    return {name.partition("@")[0] for name in names}


def _own_tags(about: card.Card) -> list[str]:
    value = about.fields.get("tags")
    return [tag for tag in value if isinstance(tag, str)] if isinstance(value, list) else []
