"""What is said of witnesses: pages, API, figures, and what the audit finds."""

from django.test import Client as Browser
from pytest_django import Settings

from ledger import figures, log_checks, storage, witnesses
from ledger.models import Checkpoint, Cosignature
from ledger.note import Note
from tests.ledger.asking import SIGNER, Two, ask, published, text_of
from tests.ledger.conftest import Ledger


def test_without_witnesses_the_pages_say_so(ledger: Ledger, client: Browser) -> None:
    ledger.grow(3)
    assert ask(ledger) == 0
    assert "No witness cosigns this log." in text_of(client, "/status")
    assert "no witness cosigns this log" in text_of(client, "/ledger/checkpoints/4")
    assert client.get("/api/v1/checkpoints/4").json()["cosignatures"] == []


def test_two_witnesses_and_k_of_n_are_shown(ledger: Ledger, two: Two, settings: Settings, client: Browser) -> None:
    ledger.grow(3)
    page = text_of(client, "/status")
    assert "2 of 2 witnesses have to cosign a checkpoint. None has so many cosignatures yet." in page
    settings.WITNESSES = (two.first, (two.second[0], "http://127.0.0.1:1"))
    assert ask(ledger) == 1
    assert "None has so many" in text_of(client, "/status")
    settings.WITNESSES_NEEDED = 1
    page = text_of(client, "/status")
    assert "1 of 2 witnesses have to cosign a checkpoint. The newest that so many have cosigned has size 4." in page
    assert "witness.example/w1" in page
    assert "does not answer" in page
    assert "127.0.0.1:1" not in page, "where a witness is asked is nobody's business"
    settings.WITNESSES, settings.WITNESSES_NEEDED = (two.first, two.second), 2
    assert ask(ledger) == 1
    assert "The newest that so many have cosigned has size 4." in text_of(client, "/status")
    assert text_of(client, "/ledger/checkpoints/4").count("cosignature verifies") == 2


def test_the_api_and_the_figures_name_them(ledger: Ledger, two: Two, client: Browser) -> None:
    ledger.grow(3)
    ask(ledger)
    ledger.grow(2)
    detail = client.get("/api/v1/checkpoints/4").json()
    assert [each["name"] for each in detail["cosignatures"]] == ["witness.example/w1", "witness.example/w2"]
    assert all(each["verifies"] and each["line"] in detail["note"] for each in detail["cosignatures"])
    assert {each["witness"] for each in detail["cosignatures"]} == {two.first[0], two.second[0]}
    listed = client.get("/api/v1/checkpoints").json()["results"]
    assert [len(each["cosignatures"]) for each in listed] == [0, 2]
    assert client.get("/api/v1/checkpoints/6?from=4").json()["consistency"] != []
    metrics = client.get("/metrics").content.decode()
    assert "akashi_witnessed_size 4.0" in metrics
    assert 'akashi_witness_size{witness="witness.example/w2"} 4.0' in metrics
    assert figures.checkpoint_size() == 6


def test_a_cosignature_that_was_changed_is_shown_and_found(ledger: Ledger, two: Two, client: Browser) -> None:
    ledger.grow(3)
    ask(ledger)
    first = Cosignature.objects.order_by("pk")[0]
    Cosignature.objects.filter(pk=first.pk).update(line=first.line[:-8] + "AAAAAAA=")
    assert "cosignature does not verify" in text_of(client, "/ledger/checkpoints/4")
    assert len(list(witnesses.unsound())) == 1
    found = log_checks.check_log(storage.store(), full=True).findings
    assert "cosignatures" in [finding.column for finding in found]


def test_a_foreign_line_in_the_published_file_is_found_and_replaced(ledger: Ledger, two: Two) -> None:
    ledger.grow(3)
    ask(ledger)
    path = ledger.folder / "checkpoint"
    path.write_text(path.read_text() + SIGNER.cosign(published(ledger).text, 5).line())
    found = log_checks.check_log(storage.store(), full=False).findings
    assert [finding.column for finding in found] == ["published checkpoint"]
    ledger.publish()
    assert path.read_text() == Checkpoint.objects.get().note
    lost = published(ledger)
    path.write_text(Note(lost.text, lost.signatures[1:]).as_text())
    found = log_checks.check_log(storage.store(), full=False).findings
    assert [finding.column for finding in found] == ["published checkpoint"]


def test_each_witness_is_read_with_what_it_cosigned_last(ledger: Ledger, two: Two) -> None:
    ledger.grow(1)
    ask(ledger)
    seen = witnesses.witnesses()
    assert (seen.needed, seen.count, seen.size) == (2, 2, 2)
    assert [(each.name, each.size, each.problem) for each in seen.each] == [
        ("witness.example/w1", 2, ""),
        ("witness.example/w2", 2, ""),
    ]
