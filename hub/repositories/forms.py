"""Forms of the repositories' pages. Services decide; forms read, show, and keep what was typed."""

import json
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from hub import events, phrases
from hub.errors import HubError, Invalid
from hub.repositories import card, licences, metrics, resolving, words
from hub.repositories.changes import Change
from hub.repositories.rules import LONGEST

if TYPE_CHECKING:
    from hub.accounts.models import Account
    from hub.repositories.models import Repository


def other_terms() -> tuple[forms.CharField, forms.CharField]:
    """For other terms than the known ones: what they are called, and where they stand."""
    name = forms.CharField(
        label=_("Name of the other terms"), required=False, max_length=card.MAX_WORD,
        help_text=_("Only when the licence is not in the list."),
    )  # fmt: skip
    link = forms.CharField(
        label=_("Where the other terms stand"), required=False, max_length=400,
        help_text=_("An address, or the name of a file here, such as LICENSE."),
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "none"}),
    )  # fmt: skip
    return name, link


LICENCE_GROUPS: Mapping[str, Promise] = {
    "content": _("Data and texts"),
    "code": _("Code and weights"),
    "models": _("Named model licences, restricted"),
    "unnamed": _("Other"),
}
METRIC_ROWS, MOST_METRIC_ROWS = 2, metrics.MOST


def pins_field(first: tuple[str, Promise] | None = None) -> forms.ChoiceField:
    """What becomes of the pins of sources that the card names already; `first` is what happens without a choice."""
    kept = ("keep", _("Keep the pinned revisions: nothing was made anew from them"))
    newest = ("newest", _("Pin to the newest revisions: it was made anew from them"))
    return forms.ChoiceField(
        label=_("Sources that the card names already"),
        required=False,
        choices=[first, kept, newest] if first else [kept, newest],
        initial="" if first else "keep",
        widget=forms.RadioSelect,
    )


def chosen_pins(form: forms.Form) -> str:
    """What is ticked on the page as it stands; nothing where there is no choice, or none that is known."""
    value = str(form["pins"].value() or "") if "pins" in form.fields else ""
    return value if value in resolving.PINS else ""


def refuse(form: forms.Form, error: HubError, fields: Mapping[str, str] | None = None) -> None:
    """Show a service's refusal beside its field, else above the form. `fields` maps the service's names to the form's."""
    name = error.field if isinstance(error, Invalid) else ""
    name = (fields or {}).get(name, name)
    form.add_error(name if name in form.fields else None, str(error))


def licence_choices() -> list[Any]:
    """All licences by group, each as id and name."""
    groups = [
        (LICENCE_GROUPS[group], [(found.id, _labelled(found)) for found in members])
        for group, members in licences.groups()
    ]
    return [("", _("Choose a licence")), *groups]


def _labelled(found: licences.Licence) -> str:
    return words.licence_name(found) if found.id in {"other", "unknown"} else f"{found.id} · {found.name}"


# --- new -----------------------------------------------------------------------------------------
class NewForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("What is it?"),
        choices=[
            ("dataset", pgettext_lazy("kind of repository", "Dataset")),
            ("model", pgettext_lazy("kind of repository", "Model")),
        ],
        widget=forms.RadioSelect,
    )
    owner = forms.ChoiceField(label=_("Owner"))
    name = forms.CharField(
        label=_("Name"),
        max_length=LONGEST,
        help_text=_("Letters A to Z, digits and the signs - _ . (at most 96). It is part of the address."),
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "none"}),
    )
    summary = forms.CharField(
        label=_("What it is, in one sentence"), max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )
    licence = forms.ChoiceField(
        label=_("Licence"), help_text=_("What others may do with it. Restricted licences are shown as such."),
    )  # fmt: skip
    license_name, license_link = other_terms()
    visibility = forms.ChoiceField(
        label=_("Who sees it?"),
        choices=[
            ("public", _("Everybody")),
            ("private", _("You and those you name; the log shows that it is worked on, not what is in it")),
        ],
        widget=forms.RadioSelect,
        initial="public",
    )

    def __init__(self, *args: Any, owners: "list[Account]", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owners = {owner.username: owner for owner in owners}
        owner, licence = self.fields["owner"], self.fields["licence"]
        assert isinstance(owner, forms.ChoiceField)
        assert isinstance(licence, forms.ChoiceField)
        owner.choices = [(handle, handle) for handle in self.owners]
        licence.choices = licence_choices()
        if len(owners) == 1:
            owner.widget = forms.HiddenInput()
            owner.initial = owners[0].username

    def card_text(self) -> str:
        """The first card: licence, name, sentence."""
        data = self.cleaned_data
        terms = {name: data[name] or None for name in ("license_name", "license_link")}
        return card.starter(title=data["name"], summary=data["summary"], licence=data["licence"], fields=terms)


# --- publishing ----------------------------------------------------------------------------------
class PublishForm(forms.Form):
    """A new revision: files that were sent, files that go, why, and what mainly changed."""

    uploads = forms.CharField(widget=forms.HiddenInput, required=False, max_length=2_000_000)
    remove = forms.MultipleChoiceField(label=_("Remove"), required=False, widget=forms.CheckboxSelectMultiple)
    remove_paths = forms.CharField(
        label=_("Remove these files or folders"),
        required=False,
        max_length=100_000,
        help_text=_("One path on each line."),
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
    )
    kind = forms.ChoiceField(
        label=_("What mainly changes"),
        choices=[("", _("Choose what mainly changes")), *words.WORK_KINDS.items()],
        error_messages={"required": _("Choose what mainly changes. Texts about the rest are documentation.")},
    )
    pins = pins_field(("", _("Keep them for documentation, evaluations and texts; otherwise pin to the newest")))
    message = forms.CharField(
        label=_("Why"),
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("In your own words. It stands beside the entry and can be erased; the entry stays."),
    )
    parent = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def __init__(self, *args: Any, files: list[str] | None, pinned: bool = False, **kwargs: Any) -> None:
        """`files` are those that can be ticked for removal; None when there are too many for that.

        `pinned` offers the choice between the pins of the parent's sources and new ones.
        """
        super().__init__(*args, **kwargs)
        if not pinned:
            del self.fields["pins"]
        if files is None:
            del self.fields["remove"]
            return
        del self.fields["remove_paths"]
        remove = self.fields["remove"]
        assert isinstance(remove, forms.MultipleChoiceField)
        remove.choices = [(path, path) for path in files]
        if not files:
            del self.fields["remove"]

    def clean_uploads(self) -> list[Change]:
        """Finished uploads as changes; anything that the upload script did not write is refused."""
        try:
            rows = json.loads(self.cleaned_data["uploads"] or "[]")
            return [Change(str(row["path"]), upload=uuid.UUID(str(row["upload"]))) for row in rows]
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise forms.ValidationError(_("The list of files cannot be read. Load the page again.")) from None

    def changes(self) -> list[Change]:
        data = self.cleaned_data
        typed = (line.strip() for line in data.get("remove_paths", "").splitlines())
        removals = [*data.get("remove", []), *filter(None, typed)]
        return [*(Change(path) for path in removals), *data["uploads"]]


class MetricForm(forms.Form):
    """One measurement; a form with nothing in it is none."""

    name = forms.CharField(label=_("Metric"), required=False, max_length=80)
    value = forms.CharField(label=_("Value"), required=False, max_length=90)
    better = forms.ChoiceField(
        label=_("Better is"),
        required=False,
        choices=[
            ("", pgettext_lazy("direction of a metric", "as usual")),
            ("higher", pgettext_lazy("direction of a metric", "higher")),
            ("lower", pgettext_lazy("direction of a metric", "lower")),
        ],
    )
    n = forms.CharField(label=_("Samples"), required=False, max_length=20)
    positives = forms.CharField(label=_("Positives"), required=False, max_length=20)
    low = forms.CharField(label=_("Interval from"), required=False, max_length=90)
    high = forms.CharField(label=_("to"), required=False, max_length=90)
    method = forms.CharField(label=_("Method"), required=False, max_length=80)
    split = forms.CharField(label=_("Part of the data"), required=False, max_length=80)
    threshold = forms.CharField(label=_("Threshold"), required=False, max_length=90)
    on = forms.ChoiceField(label=_("Measured on"), required=False)

    def __init__(self, *args: Any, datasets: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        on = self.fields["on"]
        assert isinstance(on, forms.ChoiceField)
        on.choices = [("", pgettext_lazy("dataset of a metric", "not said")), *datasets]
        self.fields["name"].widget.attrs.update(list="metric-names", spellcheck="false", autocapitalize="none")
        for number in ("value", "n", "positives", "low", "high", "threshold"):
            self.fields[number].widget.attrs["inputmode"] = "decimal"

    def clean(self) -> dict[str, Any]:
        """Everything that is wrong with the row, at once."""
        row = self.row()
        for fault in metrics.faults(row) if row else ():
            self.add_error(fault.field if fault.field in self.fields else None, words.metric_refusal(fault))
        return self.cleaned_data

    def row(self) -> dict[str, str]:
        """What was typed, as `metrics.read_metric` takes it."""
        return {name: value for name, value in self.cleaned_data.items() if value}


def metric_forms(data: Mapping[str, Any] | None, count: int, datasets: list[tuple[str, str]]) -> list[MetricForm]:
    """`count` rows of the page, with prefixes `metrics-0`, `metrics-1`, …"""
    return [MetricForm(data, prefix=f"metrics-{index}", datasets=datasets) for index in range(count)]


# --- settings ------------------------------------------------------------------------------------
class NameForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=LONGEST, widget=forms.TextInput(attrs={"spellcheck": "false"}),
        help_text=_("Addresses change with it; old ones lead nowhere."),
    )  # fmt: skip


class VisibilityForm(forms.Form):
    visibility = forms.ChoiceField(widget=forms.HiddenInput, choices=[("public", ""), ("private", "")])


class MaintainerForm(forms.Form):
    handle = forms.CharField(
        label=_("Handle"), max_length=39, widget=forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "none"}),
        help_text=_("They may publish and merge, but not change these settings."),
    )  # fmt: skip


class WithdrawForm(forms.Form):
    reason = forms.ChoiceField(label=_("Reason"))
    sure = forms.CharField(label=_("Type the name of the repository"), max_length=LONGEST)

    def __init__(self, *args: Any, repository: "Repository", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.repository = repository
        reason = self.fields["reason"]
        assert isinstance(reason, forms.ChoiceField)
        reason.choices = [(code, phrases.REMOVAL_REASONS[code]) for code in events.REMOVAL_REASONS]

    def clean_sure(self) -> str:
        if self.cleaned_data["sure"].strip().lower() != self.repository.name.lower():
            raise forms.ValidationError(_("This is not the name of the repository."))
        return self.repository.name
