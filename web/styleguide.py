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
from django.utils.translation import gettext_lazy

from web.drawing.bars import Bar
from web.drawing.lineage import Edge, Node
from web.drawing.prooftree import Box, Join, Path

LEAF = "0c8ad76989b13bc57b97aa2c3c9173ec8c3eab8f9a3770d1a5c08f1426b437ff"
ROOT = "6095ed3e3198f1f902bf6ec02c0796ea1cf0a4932ce3bb7ee94a4e1bae822c3e"
REVISION = "07015fe4a89fe4f860e385ec5f253c964bf031921e7667cc7a5daa839d4370e4"
LONG_NAME = "a-name-of-sixty-characters-that-nobody-would-choose-but-may-be"


class SampleForm(forms.Form):
    """One field of each kind, with an error to show."""

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


def styleguide(request: HttpRequest) -> HttpResponse:
    """All components on one page."""
    now = timezone.now()
    context: dict[str, Any] = {
        "colours": [
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
        ],
        "leaf": LEAF,
        "root": ROOT,
        "moment": datetime(2026, 11, 17, 9, 41, 7, tzinfo=UTC),
        "long_name": LONG_NAME,
        "form": SampleForm(),
        "wrong_form": SampleForm({"name": "x" * 60, "licence": "apache-2.0"}, prefix="wrong"),
        **_states(now),
        **_history(now),
        **_navigation(),
        **_drawings(),
        **_uploads(),
        **_differences(),
    }
    return render(request, "styleguide.html", context)


def _states(now: datetime) -> dict[str, Any]:
    checks = [
        Sample(
            name=_("Content"), state="ok", value=_("3 files"), detail=_("every digest recomputed, equal"), mono=True
        ),
        Sample(name=_("Log"), state="ok", value="27 / 48", detail=_("6 hashes lead to the published root"), mono=True),
        Sample(name=_("Anchor"), state="running", value=_("2 of 12 blocks"), detail=""),
        Sample(name=_("Licence"), state="warn", value="CC BY 4.0", detail=_("into Apache-2.0, credit kept")),
        Sample(name=_("Database"), state="bad", value=_("since 17 Nov"), detail=_("one column differs from entry 27")),
    ]
    statuses = [
        Sample(state="verified", detail=_("4 of 4 checks agree, 2 min ago"), url="#checks"),
        Sample(state="waiting", detail="", url="#checks", filled=2, needed=12),
        Sample(state="waiting", detail="", url="", filled=9, needed=12),
        Sample(state="unverified", detail=_("nothing to check against"), url=""),
        Sample(state="mismatch", detail=_("one column differs from entry 27, since 17 Nov"), url="#checks"),
    ]
    facts = [
        Sample(label=_("Latest"), value=_("Revision 2"), detail=_("9 days ago, by contributor-1")),
        Sample(
            label=_("Accuracy"),
            value="0.979",
            word=_("better, from 0.940"),
            tone="ok",
            detail=_("10-fold, 569 samples"),
            values=[0.940, 0.979],
            name=_("Accuracy"),
        ),
        Sample(label=_("People"), value="8", detail=_("2 propose, 3 review")),
    ]
    return {"checks": checks, "statuses": statuses, "facts": facts, "earlier": now - timedelta(hours=3)}


def _history(now: datetime) -> dict[str, Any]:
    samples = {
        "accepted": '<a href="#t">maintainer-\u20601</a> accepted <a href="#t">contribution 1</a> by contributor-\u20601. It became <b>revision 2</b>.',
        "published": '<a href="#t">maintainer-\u20601</a> published <b>revision 1</b>, trained on <a href="#t">wisconsin-\u2060breast-\u2060cancer</a>.',
        "declined": '<a href="#t">maintainer-\u20601</a> declined <a href="#t">contribution 2</a> by contributor-\u20602: metric worse than stated.',
        "proposed": '<a href="#t">contributor-\u20602</a> proposed <a href="#t">contribution 3</a>: the same accuracy from 13 inputs in place of 30.',
        "paid": 'Epoch 1 paid <a href="#t">224 HUB</a> for work on this model: 120 to contributor-\u20601, 104 to maintainer-\u20601.',
    }
    sentences = {key: mark_safe(text) for key, text in samples.items()}  # noqa: S308 (written here)
    events = [
        Sample(
            number=44,
            url="#t",
            mark="waiting",
            filled=2,
            needed=12,
            sentence=sentences["proposed"],
            reason=_("An L1 penalty sets 17 coefficients to zero."),
            time=now - timedelta(hours=3),
            notes=[_("waiting for the anchor, 2 of 12 blocks")],
            links=[Sample(url="#t", label=_("In review"))],
            value="0.979",
            unit=_("accuracy"),
            word=_("the same"),
            tone="",
        ),
        Sample(
            number=41,
            url="#t",
            mark="payment",
            sentence=sentences["paid"],
            time=now - timedelta(days=1),
            links=[Sample(url="#t", label=_("Recompute"))],
            value="224 HUB",
            word=_("final"),
            tone="",
        ),
        Sample(
            number=36,
            url="#t",
            mark="declined",
            sentence=sentences["declined"],
            reason=_("I measure 0.954, the description says 0.981."),
            time=now - timedelta(days=8),
            notes=[_("not merged")],
            value="0.954",
            unit=_("accuracy"),
            word=_("0.025 worse"),
            tone="warn",
        ),
        Sample(
            number=27,
            url="#t",
            mark="accepted",
            sentence=sentences["accepted"],
            reason=_("Standardise the 30 inputs before fitting."),
            time=now - timedelta(days=9),
            hash=REVISION,
            links=[Sample(url="#t", label=_("Compare"))],
            value="0.979",
            unit=_("accuracy"),
            word=_("0.039 better"),
            tone="ok",
        ),
        Sample(
            number=9,
            url="#t",
            mark="own",
            sentence=sentences["published"],
            reason=_("A baseline to improve on."),
            time=now - timedelta(days=400),
            hash=REVISION,
            notes=[_("history begins here")],
            value="0.940",
            unit=_("accuracy"),
            word=_("first measurement"),
            tone="",
        ),
    ]
    slip = [
        Sample(label=_("Recorded"), value="17 November 2026, 09:41 UTC"),
        Sample(label=_("Leaf hash"), hash=LEAF),
        Sample(label=_("Anchored"), value=_("block 1,204, final")),
    ]
    return {"events": events, "accepted_sentence": sentences["accepted"], "slip_fields": slip, "kv_fields": _fields()}


def _fields() -> list[Sample]:
    return [
        Sample(label=_("Type"), value="contribution.accepted", mono=True),
        Sample(label=_("Accuracy"), value=_("0.9403 before, 0.9789 after")),
        Sample(
            label=_("Reason"),
            value=_("“Reproduced on two machines. Good.”"),
            detail=_("Kept beside the log under a salted commitment; erasable"),
        ),
        Sample(label=_("Transaction"), hash=f"0x{ROOT}"),
    ]


def _navigation() -> dict[str, Any]:
    tabs = [_("Card"), _("History"), _("Lineage"), _("Files"), _("Contributions"), _("Rewards")]
    return {
        "tabs": [Sample(label=name, url="#tabs", current=place == 1, count=None) for place, name in enumerate(tabs)],
        "crumbs": [
            Sample(label=_("Models"), url="#crumbs"),
            Sample(label="maintainer-1", url="#crumbs"),
            Sample(label="breast-cancer-logistic", url=""),
        ],
        "links": [
            Sample(label=_("All"), url="#crumbs", current=True, count=5),
            Sample(label=_("Revisions"), url="#crumbs", current=False, count=2),
            Sample(label=_("Proposals"), url="#crumbs", current=False, count=3),
        ],
        "page": Sample(next_cursor="next", previous_cursor="previous"),
        "selects": [
            Sample(
                name="licence",
                label=_("Licence"),
                options=[
                    Sample(value="", label=_("Any"), selected=True),
                    Sample(value="apache-2.0", label="Apache-2.0", selected=False),
                ],
            )
        ],
        "active": [Sample(label="Apache-2.0", url="#forms")],
        "menu_items": [
            Sample(label=_("Download"), url="#menus", current=False),
            Sample(label=_("Compare"), url="#menus", current=True),
        ],
        "steps": [
            Sample(label=_("Target"), state="done", url="#steps"),
            Sample(label=_("Files"), state="current", url=""),
            Sample(label=_("Describe"), state="next", url=""),
            Sample(label=_("Confirm"), state="next", url=""),
        ],
    }


def _drawings() -> dict[str, Any]:
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
    rows = [
        Sample(
            name="steward-1 / wisconsin-breast-cancer",
            url="#drawings",
            kind=_("dataset"),
            relation=_("trained on"),
            licence="CC BY 4.0",
            entry=4,
            entry_url="#drawings",
        ),
        Sample(
            name="breast-cancer-logistic",
            url="#drawings",
            kind=_("model"),
            relation=_("refit of"),
            licence="Apache-2.0",
            entry=9,
            entry_url="#drawings",
        ),
    ]
    path = Path(
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
    bars = [Bar(224, "224"), *(Bar(0) for _place in range(9))]
    return {
        "nodes": nodes, "edges": edges, "lineage_rows": rows, "proof": path, "bars": bars,
        "bar_rows": [Sample(label=_("epoch 1"), value="224")], "rising": [0.91, 0.94, 0.94, 0.979], "single": [0.94],
    }  # fmt: skip


def _uploads() -> dict[str, Any]:
    pause, remove = (
        Sample(name="pause", label=_("Pause"), quiet=False),
        Sample(name="remove", label=_("Remove"), quiet=True),
    )
    resume = Sample(name="resume", label=_("Resume"), quiet=False)
    return {
        "files": [
            Sample(name="measurements.csv", size="124 KiB", state=_("Stored"), tone="ok", hash=LEAF, detail=_("569 rows, 30 columns"), value=None, actions=[remove]),
            Sample(name="cell-images.parquet", size="1.6 GiB", state=_("Sending"), tone="", detail=_("1.0 of 1.6 GiB, 18 MiB/s, 34 s left, part 131 of 205"), value=64, actions=[pause, remove]),
            Sample(name="follow-up.csv", size="88 MiB", state=_("Paused: the connection went away"), tone="warn", detail=_("6 of 11 parts are safe."), value=55, actions=[resume, remove]),
            Sample(name="features.pkl", size="4.0 MiB", state=_("Not accepted: pickle files can run code when opened"), tone="bad", detail=_("Save it as CSV or Parquet and add it again."), value=None, actions=[remove]),
        ]
    }  # fmt: skip


def _differences() -> dict[str, Any]:
    lines = [
        Sample(kind="same", text="license: apache-2.0", old=1, new=1),
        Sample(kind="removed", text="accuracy: 0.940", old=2, new=None),
        Sample(kind="added", text="accuracy: 0.979", old=None, new=2),
        Sample(kind="gap", text="…", old=None, new=None),
    ]
    changes = [
        Sample(
            path="model.safetensors",
            url="#differences",
            action="changed",
            size=1128,
            old_size=1128,
            digest=LEAF,
            old_digest=ROOT,
        ),
        Sample(
            path="data/follow-up.csv",
            url="",
            action="added",
            size=92_274_688,
            old_size=None,
            digest=ROOT,
            old_digest=None,
        ),
        Sample(path="notes.txt", url="", action="removed", size=None, old_size=310, digest=None, old_digest=REVISION),
    ]
    return {
        "lines": lines,
        "changes": changes,
        "command": "python3 akashi_verify.py bundle.json \\\n  --log-key log.key",
    }
