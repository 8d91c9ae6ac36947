"""The style guide: every component with real values, for people who write pages and for the accessibility check."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace as Sample
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from web.drawing.bars import Bar
from web.drawing.lineage import Edge, Node
from web.drawing.prooftree import Box, Join, Path
from web.templatetags.display import nobreak_name

LEAF = "0c8ad76989b13bc57b97aa2c3c9173ec8c3eab8f9a3770d1a5c08f1426b437ff"
ROOT = "6095ed3e3198f1f902bf6ec02c0796ea1cf0a4932ce3bb7ee94a4e1bae822c3e"
REVISION = "07015fe4a89fe4f860e385ec5f253c964bf031921e7667cc7a5daa839d4370e4"
LONG_NAME = "a-name-of-sixty-characters-that-nobody-would-choose-but-may-be"
COLOURS = [
    "canvas",
    "surface",
    "raised",
    "line",
    "line-2",
    "line-strong",
    "ink",
    "ink-2",
    "accent",
    "ok",
    "warn",
    "bad",
]


class SampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=40, help_text=gettext_lazy("Letters, digits, hyphens and dots.")
    )
    licence = forms.ChoiceField(
        label=gettext_lazy("Licence"),
        choices=[("apache-2.0", "Apache-2.0"), ("cc-by-4.0", "CC BY 4.0")],
        required=False,
    )
    summary = forms.CharField(label=gettext_lazy("Why"), widget=forms.Textarea(attrs={"rows": 3}), required=False)
    private = forms.BooleanField(label=gettext_lazy("Only maintainers can read it"), required=False)
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        widget=forms.RadioSelect,
        choices=[("model", gettext_lazy("Model")), ("dataset", gettext_lazy("Dataset"))],
    )


class SampleVerdictForm(forms.Form):
    """What `components/decide_form.html` takes."""

    verdict = forms.ChoiceField(
        label=gettext_lazy("Your verdict"),
        widget=forms.RadioSelect,
        choices=[
            ("accept", pgettext_lazy("verdict", "Accept")),
            ("ask", pgettext_lazy("verdict", "Ask for changes")),
            ("decline", pgettext_lazy("verdict", "Decline")),
        ],
    )
    reason = forms.ChoiceField(
        label=gettext_lazy("Reason"),
        required=False,
        choices=[
            ("", gettext_lazy("Choose a reason")),
            ("quality", pgettext_lazy("reason", "quality too low")),
            ("incomplete", pgettext_lazy("reason", "something is missing")),
        ],
        help_text=gettext_lazy("Needed when you ask for changes or decline."),
    )
    comment = forms.CharField(
        label=gettext_lazy("Why"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Needed as well. It stands beside the entry and can be erased; the entry stays."),
    )
    proposal = forms.CharField(widget=forms.HiddenInput, initial=REVISION)


class SampleAssessForm(forms.Form):
    """What `components/assess_form.html` takes."""

    quality = forms.IntegerField(
        label=gettext_lazy("Quality, 0 to 100"), widget=forms.NumberInput(attrs={"inputmode": "numeric"})
    )
    comment = forms.CharField(
        label=gettext_lazy("Why"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("In your own words. They stand beside the entry and can be erased; the entry stays."),
    )


def styleguide(request: HttpRequest) -> HttpResponse:
    """All components on one page."""
    now = timezone.now()
    context: dict[str, Any] = {
        "colours": COLOURS,
        "leaf": LEAF,
        "root": ROOT,
        "moment": datetime(2026, 11, 17, 9, 41, 7, tzinfo=UTC),
        "earlier": now - timedelta(hours=3),
        "long_name": LONG_NAME,
        "form": SampleForm(),
        "wrong_form": SampleForm({"name": "x" * 60, "licence": "apache-2.0"}, prefix="wrong"),
        **_states(),
        **_history(now),
        **_fields(),
        **_navigation(),
        **_filters(),
        **_judging(),
        **_lineage(),
        **_uploads(),
        **_differences(),
    }
    return render(request, "styleguide.html", context)


def _rows(names: str, *rows: tuple[Any, ...]) -> list[Sample]:
    """Samples from a table: `names` are its columns; a short row leaves its last columns out."""
    return [Sample(**dict(zip(names.split(), row, strict=False))) for row in rows]


def _states() -> dict[str, Any]:
    return {
        "checks": _rows(
            "name state value detail mono",
            (_("Content"), "ok", _("3 files"), _("every digest recomputed, equal"), True),
            (_("Log"), "ok", "27 / 48", _("6 hashes lead to the published root"), True),
            (_("Anchor"), "running", _("2 of 12 blocks")),
            (_("Licence"), "warn", "CC BY 4.0", _("into Apache-2.0, credit kept")),
            (_("Database"), "bad", _("since 17 Nov"), _("one column differs from entry 27")),
        ),
        "statuses": _rows(
            "state detail url filled needed",
            ("verified", _("4 of 4 checks agree, 2 min ago"), "#checks"),
            ("waiting", "", "#checks", 2, 12),
            ("waiting", "", "", 9, 12),
            ("unverified", _("nothing to check against")),
            ("mismatch", _("one column differs from entry 27, since 17 Nov"), "#checks"),
        ),
        "facts": _rows(
            "label value detail word tone values name",
            (_("Latest"), _("Revision 2"), _("9 days ago, by contributor-1")),
            (
                *(_("Accuracy"), "0.979", _("10-fold, 569 samples")),
                *(_("better, from 0.940"), "ok", [0.940, 0.979], _("Accuracy")),
            ),
            (_("People"), "8", _("2 propose, 3 review")),
        ),
    }


def _record(template: str, *parts: str) -> str:
    """A record sentence whose `parts` are links."""
    linked = (f'<a href="#t">{nobreak_name(part)}</a>' for part in parts)
    return mark_safe(template.format(*linked))  # noqa: S308 (every part is written in this file)


def _history(now: datetime) -> dict[str, Any]:
    accepted = _record(
        "{} accepted {} by {}. It became <b>revision 2</b>.", "maintainer-1", "contribution 1", "contributor-1"
    )
    published = _record("{} published <b>revision 1</b>, trained on {}.", "maintainer-1", "wisconsin-breast-cancer")
    declined = _record("{} declined {}: metric worse than stated.", "maintainer-1", "contribution 2")
    proposed = _record(
        "{} proposed {}: the same accuracy from 13 inputs in place of 30.", "contributor-2", "contribution 3"
    )
    paid = _record("Epoch 1 paid {} for work on this model.", "224 HUB")
    hour, day, unit = timedelta(hours=1), timedelta(days=1), _("accuracy")
    events = _rows(
        "number mark sentence time reason notes value unit word tone hash filled needed",
        (44, "waiting", proposed, now - 3 * hour, _("An L1 penalty sets 17 coefficients to zero."),
         [_("waiting for the anchor, 2 of 12 blocks")], "0.979", unit, _("the same"), "", "", 2, 12),
        (41, "payment", paid, now - day, "", [], "224 HUB", "", _("final"), ""),
        (36, "declined", declined, now - 8 * day, _("I measure 0.954, the description says 0.981."), [_("not merged")],
         "0.954", unit, _("0.025 worse"), "warn"),
        (27, "accepted", accepted, now - 9 * day, _("Standardise the 30 inputs before fitting."), [],
         "0.979", unit, _("0.039 better"), "ok", REVISION),
        (9, "own", published, now - 400 * day, _("A baseline to improve on."), [_("history begins here")],
         "0.940", unit, _("first measurement"), "", REVISION),
    )  # fmt: skip
    for event in events:
        event.url, event.links = "#t", [Sample(url="#t", label=_("Compare"))]
    return {"events": events, "accepted_sentence": accepted}


def _fields() -> dict[str, Any]:
    return {
        "kv_fields": _rows(
            "label value detail mono hash",
            (_("Type"), "contribution.accepted", "", True),
            (_("Accuracy"), _("0.9403 before, 0.9789 after")),
            (_("Reason"), _("“Reproduced on two machines. Good.”"), _("Kept beside the log; erasable")),
            (_("Transaction"), "", "", False, f"0x{ROOT}"),
        ),
        "slip_fields": _rows(
            "label value hash",
            (_("Recorded"), "17 November 2026, 09:41 UTC"),
            (_("Leaf hash"), "", LEAF),
            (_("Anchored"), _("block 1,204, final")),
        ),
    }


def _navigation() -> dict[str, Any]:
    names = (_("Card"), _("History"), _("Lineage"), _("Files"), _("Contributions"), _("Rewards"))
    return {
        "tabs": _rows("label url current", *((name, "#tabs", name == names[1]) for name in names)),
        "crumbs": _rows(
            "label url", (_("Models"), "#crumbs"), ("maintainer-1", "#crumbs"), ("breast-cancer-logistic", "")
        ),
        "links": _rows(
            "label url current count",
            (_("All"), "#crumbs", True, 5),
            (_("Revisions"), "#crumbs", False, 2),
            (_("Proposals"), "#crumbs", False, 3),
        ),
        "page": Sample(next_cursor="next", previous_cursor="previous"),
        "pager": Sample(older="#crumbs", newer="#crumbs"),
        "menu_items": _rows("label url current", (_("Download"), "#menus", False), (_("Compare"), "#menus", True)),
        "steps": _rows(
            "label state url",
            (_("Target"), "done", "#steps"),
            (_("Files"), "current", ""),
            (_("Describe"), "next", ""),
            (_("Confirm"), "next", ""),
        ),
    }


def _filters() -> dict[str, Any]:
    options = _rows("value label selected", ("", _("Any"), True), ("apache-2.0", "Apache-2.0", False))
    return {
        "selects": [Sample(name="licence", label=_("Licence"), options=options)],
        "active": [Sample(label="Apache-2.0", url="#forms")],
    }


def _judging() -> dict[str, Any]:
    about = "contribution 3 by contributor-2 to breast-cancer-logistic"
    return {
        "verdict_form": SampleVerdictForm(auto_id="decide_%s"),
        "assess_form": SampleAssessForm(auto_id="assess_%s"),
        "connected": [_("You and %(name)s maintain a repository together.") % {"name": "contributor-2"}],
        "drafts": _rows(
            "verdict reason text",
            ("accept", "", f"maintainer-1 accepted {about}, which became revision 3."),
            ("ask", "quality", f"maintainer-1 asked for changes to {about}: quality too low."),
            ("ask", "incomplete", f"maintainer-1 asked for changes to {about}: something is missing."),
            ("decline", "quality", f"maintainer-1 declined {about}: quality too low."),
            ("decline", "incomplete", f"maintainer-1 declined {about}: something is missing."),
        ),
        "efforts": [
            ("1", _("minutes"), _("a typing error, one sentence, one wrong label")),
            ("3", _("half a day"), _("a clear script, a small table checked row by row")),
            ("8", _("about a week"), _("a model trained and measured, several hundred labels")),
        ],
        "quality": [
            ("90–100", _("exemplary"), _("measured, explained, repeatable; nothing to add")),
            ("70–89", _("good"), _("right and useful; small things are missing")),
        ],
    }


def _lineage() -> dict[str, Any]:
    nodes = [
        Node("d", "wisconsin-breast-cancer", _("dataset, 569 × 30, CC BY 4.0"), "#drawings"),
        Node("r1", _("revision 1"), "maintainer-1", "#drawings"),
        Node("r2", _("revision 2"), _("latest"), "#drawings", "current"),
        Node("c1", _("contribution 1"), "contributor-1", "#drawings"),
        Node("c3", _("contribution 3"), _("open, not merged"), "#drawings", "open"),
    ]
    edges = [
        Edge("d", "r1", _("trained")),
        Edge("r1", "r2", _("refit")),
        Edge("c1", "r2", joins=True),
        Edge("r2", "c3", open=True),
    ]
    rows = _rows(
        "name kind relation licence entry url entry_url",
        (
            "steward-1 / wisconsin-breast-cancer",
            _("dataset"),
            _("trained on"),
            "CC BY 4.0",
            4,
            "#drawings",
            "#drawings",
        ),
        ("breast-cancer-logistic", _("model"), _("refit of"), "Apache-2.0", 9, "#drawings", "#drawings"),
    )
    return {
        "nodes": nodes,
        "edges": edges,
        "lineage_rows": rows,
        "proof": _proof(),
        "bars": [Bar(224, "224"), *(Bar(0) for _place in range(9))],
        "bar_rows": [Sample(label=_("epoch 1"), value="224")],
        "rising": [0.91, 0.94, 0.94, 0.979],
        "single": [0.94],
    }


def _proof() -> Path:
    return Path(
        Box(_("leaf 27"), LEAF),
        (
            Join(Box(_("leaf 26"), "b654abfa"), True, Box("26–27", "99c83a56")),
            Join(Box("24–25", "7d707115"), True, Box("24–27", "2942f0a8")),
            Join(Box("28–31", "3a7a064e"), False, Box("24–31", "3d1484d9")),
            Join(Box("16–23", "7ce015c7"), True, Box("16–31", "c6bc7a29")),
            Join(Box("0–15", "86b0b7c7"), True, Box(_("root of 32"), "caa8a461", _("anchored in block 1,204"))),
            Join(Box("32–47", "d9c9bbe3"), False, Box(_("root of 48"), ROOT)),
        ),
    )


def _uploads() -> dict[str, Any]:
    pause, resume, remove = _rows(
        "name label quiet", ("pause", _("Pause"), False), ("resume", _("Resume"), False), ("remove", _("Remove"), True)
    )
    refused = _("Not accepted: pickle files can run code when opened")
    files = _rows(
        "name size state tone detail actions value hash",
        ("measurements.csv", "124 KiB", _("Stored"), "ok", _("569 rows, 30 columns"), [remove], None, LEAF),
        ("cell-images.parquet", "1.6 GiB", _("Sending"), "", _("1.0 of 1.6 GiB, 34 s left"), [pause, remove], 64),
        (
            *("follow-up.csv", "88 MiB", _("Paused: the connection went away"), "warn"),
            *(_("6 of 11 parts are safe."), [resume, remove], 55),
        ),
        ("features.pkl", "4.0 MiB", refused, "bad", _("Save it as CSV or Parquet and add it again."), [remove]),
    )
    return {"files": files}


def _differences() -> dict[str, Any]:
    return {
        "lines": _rows(
            "kind text old new",
            ("same", "license: apache-2.0", 1, 1),
            ("removed", "accuracy: 0.940", 2, None),
            ("added", "accuracy: 0.979", None, 2),
            ("gap", "…", None, None),
        ),
        "changes": _rows(
            "path url action size old_size digest old_digest",
            ("model.safetensors", "#differences", "changed", 1128, 1128, LEAF, ROOT),
            ("data/follow-up.csv", "", "added", 92_274_688, None, ROOT, None),
            ("notes.txt", "", "removed", None, 310, None, REVISION),
        ),
        "command": "python3 akashi_verify.py bundle.json \\\n  --log-key log.key",
    }
