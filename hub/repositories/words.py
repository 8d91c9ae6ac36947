"""Sentences for what the pure modules refuse, and the words for kinds and visibilities, in the reader's language."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from hub.errors import Invalid
from hub.repositories import card, front_matter, licences, metrics, tree

KINDS: Mapping[str, Promise] = {
    "model": pgettext_lazy("kind of repository", "model"),
    "dataset": pgettext_lazy("kind of repository", "dataset"),
}
VISIBILITIES: Mapping[str, Promise] = {
    "public": pgettext_lazy("visibility", "public"),
    "gated": pgettext_lazy("visibility", "on request"),
    "private": pgettext_lazy("visibility", "private"),
}
# What a revision mainly changed; also what reviews and rewards go by.
WORK_KINDS: Mapping[str, Promise] = {
    "data": pgettext_lazy("kind of work", "Data"),
    "code": pgettext_lazy("kind of work", "Code"),
    "tuning": pgettext_lazy("kind of work", "Tuning"),
    "model": pgettext_lazy("kind of work", "Model"),
    "evaluation": pgettext_lazy("kind of work", "Evaluation"),
    "documentation": pgettext_lazy("kind of work", "Documentation"),
}
OPENNESS: Mapping[str, Promise] = {
    "open": gettext_lazy("open: anyone may use, study, change and share it"),
    "restricted": gettext_lazy("restricted: its terms forbid some uses, users or changes"),
    "unstated": gettext_lazy("no terms stated: nobody may rely on any permission"),
}

# Names of licences are names; these two are words.
_UNNAMED_LICENCES: Mapping[str, Promise] = {
    "other": gettext_lazy("Other terms, stated in the card"),
    "unknown": gettext_lazy("Terms not known"),
}


def licence(identifier: str) -> licences.Licence | None:
    """The licence that a row or an entry names, as pages call it; None for none and for one that is not known."""
    found = licences.by_id(identifier) if identifier else None
    return replace(found, name=licence_name(found)) if found is not None else None


def licence_name(found: licences.Licence) -> str:
    return str(_UNNAMED_LICENCES.get(found.id, found.name))


# What a card would no longer state, by the field that it stands in.
LOST: Mapping[str, Promise] = {
    "licence": gettext_lazy(
        "The card would no longer state a licence; until now it was %(what)s. Choose one, or send the form once more to leave "
        "it out."
    ),
    "base_model": gettext_lazy(
        "The card would no longer say that this was made from %(what)s. Name it again, or send the form once more to leave it "
        "out."
    ),
    "datasets": gettext_lazy(
        "The card would no longer say that this was made with %(what)s. Name it again, or send the form once more to leave it "
        "out."
    ),
}

# What the values of a column of a table are.
TYPES: Mapping[str, Promise] = {
    "empty": pgettext_lazy("type of a column", "empty"),
    "whole": pgettext_lazy("type of a column", "whole numbers"),
    "number": pgettext_lazy("type of a column", "numbers"),
    "truth": pgettext_lazy("type of a column", "true or false"),
    "text": pgettext_lazy("type of a column", "text"),
    "list": pgettext_lazy("type of a column", "lists"),
    "object": pgettext_lazy("type of a column", "objects"),
}

# This revision was … the source.
RELATIONS: Mapping[str, Promise] = {
    "trained_on": pgettext_lazy("relation", "trained on"),
    "evaluated_on": pgettext_lazy("relation", "evaluated on"),
    "finetune": pgettext_lazy("relation", "fine-tuned from"),
    "adapter": pgettext_lazy("relation", "adapter of"),
    "quantized": pgettext_lazy("relation", "quantised from"),
    "merge": pgettext_lazy("relation", "merged from"),
    "derived_from": pgettext_lazy("relation", "derived from"),
}

_TREE: dict[tree.Reason, Callable[[], str]] = {
    tree.Reason.EMPTY: lambda: _("“%(path)s” has an empty name in it, or spaces at the end of one."),
    tree.Reason.ABSOLUTE: lambda: _("“%(path)s” begins with a slash. Paths start at the top of the repository."),
    tree.Reason.DOTS: lambda: _("“%(path)s” has “.” or “..” in it, which lead out of their folder."),
    tree.Reason.SEPARATOR: lambda: _("“%(path)s” has a backslash in it. Folders are divided by “/”."),
    tree.Reason.CHARACTER: lambda: _("“%(path)s” has a character in it that cannot be seen."),
    tree.Reason.RESERVED: lambda: _("“%(path)s” lies in a folder called .git, which cannot be part of a repository."),
    tree.Reason.LONG: lambda: _("“%(path)s” is too long: a path may have 512 bytes, each part of it 255."),
    tree.Reason.DEEP: lambda: _("“%(path)s” lies too deep: at most 32 folders may lie in each other."),
    tree.Reason.FULL: lambda: _("The folder “%(path)s” would hold more than 10,000 names. Divide it into folders."),
    tree.Reason.CASE: lambda: _(
        "“%(path)s” and “%(other)s” differ only in capital letters, and many computers cannot hold both."
    ),
    tree.Reason.BELOW_FILE: lambda: _("“%(other)s” is a file, so “%(path)s” cannot lie in it."),
    tree.Reason.IS_FOLDER: lambda: _("“%(path)s” is a folder with files in it, so no file can have its name."),
    tree.Reason.MISSING: lambda: _("There is no “%(path)s” to remove."),
    tree.Reason.MALFORMED: lambda: _("A folder of this revision is damaged. The operator has to repair it."),
}


def tree_refusal(error: tree.TreeRefused) -> str:
    return _TREE[error.reason]() % {"path": error.path[:200], "other": error.other[:200]}


def invalid_tree(error: tree.TreeRefused) -> Invalid:
    return Invalid("changes", tree_refusal(error))


_FRONT_MATTER: dict[front_matter.Reason, Callable[[], str]] = {
    front_matter.Reason.UNCLOSED: lambda: _("The block of fields at the top of the card never ends: a line with --- is missing."),
    front_matter.Reason.LONG: lambda: _("The block of fields at the top of the card is too large."),
    front_matter.Reason.DEEP: lambda: _("The fields at the top of the card are nested too deeply."),
    front_matter.Reason.ALIAS: lambda: _("Anchors and aliases (& and *) cannot be used in the fields at the top of a card."),
    front_matter.Reason.TAG: lambda: _("Tags (!) cannot be used in the fields at the top of a card."),
    front_matter.Reason.TWICE: lambda: _("The field “%(detail)s” stands twice at the top of the card."),
    front_matter.Reason.SYNTAX: lambda: _("The fields at the top of the card are not valid YAML: %(detail)s."),
    front_matter.Reason.NOT_FIELDS: lambda: _("The block at the top of the card must consist of fields, such as “license: mit”."),
    front_matter.Reason.CHARACTER: lambda: _("The fields at the top of the card hold a character that YAML does not allow."),
}  # fmt: skip


def card_refusal(error: front_matter.FrontMatterRefused) -> str:
    sentence = _FRONT_MATTER[error.reason]() % {"detail": error.detail[:120]}
    if not error.line:
        return sentence
    return _("Line %(line)d: %(sentence)s") % {"line": error.line, "sentence": sentence}


def licence_refusal(error: card.LicenceRefused) -> str:
    said = {"licence": error.text[:80], "nearest": ", ".join(error.nearest)}
    if error.text == licences.OTHER:
        return _(
            "Other terms need their name and where they stand: license_name, and license_link with an address or a file, in "
            "the block at the top of the card."
        )
    if error.nearest:
        return _("“%(licence)s” is no licence that is known here. Did you mean one of these: %(nearest)s?") % said
    return _(
        "“%(licence)s” is no licence that is known here. Name it by its SPDX id, or write “other” with license_name and "
        "license_link."
    ) % said  # fmt: skip


_METRICS: dict[metrics.Reason, Callable[[], str]] = {
    metrics.Reason.NAME: lambda: _("A metric needs a name of letters, digits and the signs _ . @ : / + -."),
    metrics.Reason.NUMBER: lambda: _("Write a decimal number with a point, such as 0.979."),
    metrics.Reason.WHOLE: lambda: _("Write a whole number."),
    metrics.Reason.DIRECTION: lambda: _("Say whether higher or lower is better."),
    metrics.Reason.OTHER_DIRECTION: lambda: _("For this metric the other direction is better."),
    metrics.Reason.RANGE: lambda: _("This metric cannot have this value. Shares are written as 0.979, not as 97.9."),
    metrics.Reason.REVERSED: lambda: _("The lower limit is above the upper one."),
    metrics.Reason.INTERVAL: lambda: _("The interval must hold the value itself."),
    metrics.Reason.POSITIVES: lambda: _("There cannot be more positives than samples, and both have to be given."),
    metrics.Reason.LEVEL: lambda: _("Write the confidence level as a number between 0 and 1, such as 0.95."),
    metrics.Reason.CODE: lambda: _("Use letters A to Z, digits and the signs _ . @ : / + -."),
    metrics.Reason.REVISION: lambda: _("Name the dataset by the id of one of its revisions (64 digits)."),
    metrics.Reason.TWICE: lambda: _("The same measurement stands here twice."),
    metrics.Reason.MANY: lambda: _("A revision takes at most 60 metrics."),
    metrics.Reason.FIELD: lambda: _("A metric has no field of this name."),
}


def metric_refusal(error: metrics.MetricRefused) -> str:
    return _METRICS[error.reason]()


def invalid_metric(error: metrics.MetricRefused) -> Invalid:
    return Invalid(f"metrics.{error.row}.{error.field}", metric_refusal(error))
