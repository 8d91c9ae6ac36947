"""How the entry of a published revision reads in the explorer: its measurements as people read them."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from hub.repositories.describing import metrics_field
from hub.repositories.models import Repository
from ledger.describing import field_html, naming
from ledger.models import Entry
from ledger.sequencer import sequence
from ledger.services import create_log
from tests.hub.repositories.conftest import Create, Publish

pytestmark = pytest.mark.django_db
MEASURED = {
    "name": "roc_auc", "value": "0.97931", "low": "0.965", "high": "0.99", "level": "0.95", "n": 569, "positives": 212,
    "method": "10-fold_stratified", "split": "test",
}  # fmt: skip


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html)).strip()


def test_the_page_of_an_entry_says_what_was_measured_in_words(
    client: Client, create: Create, publish: Publish, dataset: Repository, now: datetime
) -> None:
    create_log(now)
    data = publish(dataset, {"cells.csv": "id\n1\n"})
    model = create("logistic", kind="model")
    made = publish(model, {"w.json": "[1]"}, kind="model", metrics=[{**MEASURED, "on": f"rev:{data.pk}"}])
    sequence()
    page = client.get(f"/ledger/{Entry.objects.get(pk=made.entry_id).leaf_index}").content.decode()
    said = text_of(page)
    assert "area under the ROC curve 0.979 · Interval 0.965 to 0.990 · Samples 569, 212 positive" in said
    assert "10-fold stratified, test part · Measured on cells, revision 2" in said
    assert f'<a href="/datasets/alice/cells/commit/{data.commit}">' in page
    assert 'title="0.97931"' in page
    assert "0.97931" in page.partition('id="bytes"')[2], "the decimals as they were recorded"


def test_what_was_measured_on_hidden_data_does_not_say_on_which(create: Create, publish: Publish) -> None:
    hidden = create("hidden", visibility="private")
    data = publish(hidden, {"a.csv": "1\n"})
    with naming(None):
        html = metrics_field([{"name": "f1", "value": "0.5", "better": "higher", "on": f"rev:{data.pk}"}])
    assert "F1 0.500 · Measured on" in text_of(html)
    assert "hidden" not in html
    assert "href" not in html


def test_words_of_an_author_are_escaped(db: None) -> None:
    html = metrics_field([{"name": "<b>x</b>", "value": "2", "better": "higher", "unit": "<i>", "method": "<u>"}])
    assert "&lt;b&gt;x&lt;/b&gt;" in html
    assert not re.search(r"<[biu]>[^a-z]|<[iu]>", html.replace("<b>&lt;", ""))


@pytest.mark.parametrize(
    "value",
    [
        None, 1, "x", {}, {"name": "f1"}, ["x"], [None], [[]], [{}], [{"name": "f1"}],
        [{"name": "f1", "value": "many", "better": "higher"}],
        [{"name": "f1", "value": "NaN", "better": "higher"}],
        [{"name": "f1", "value": "Infinity", "better": "higher"}],
        [{"name": "f1", "value": None, "better": "higher"}],
        [{"name": ["f1"], "value": "1", "better": "higher"}],
        [{"name": "f1", "value": "1", "better": "higher", "on": 3}],
        [{"name": "f1", "value": "1", "better": "higher", "more": 3}],
        [{"name": "f1", "value": "1", "better": "higher", "method": 3}],
    ],
)  # fmt: skip
def test_measurements_of_another_form_are_left_to_the_plain_page(db: None, value: Any) -> None:
    assert field_html("revision.published", "metrics", value) is None


def test_the_widest_number_has_words(db: None) -> None:
    wide = [{"name": "score", "value": str(Decimal(10) ** 39), "better": "higher"}]
    assert field_html("revision.published", "metrics", wide) is not None
