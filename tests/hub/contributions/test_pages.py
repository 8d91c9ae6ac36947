"""Pages of contributions over HTTP: what they show, to whom, and what their forms do."""

import json
import re
from typing import Any

import pytest
from django.test import Client

from hub.accounts.models import Account
from hub.contributions import selectors, services
from hub.contributions.forms import side_name
from hub.contributions.models import Contribution
from hub.repositories.models import Repository, Revision
from hub.repositories.services import add_maintainer
from tests.hub.contributions.conftest import CELLS, Clock, Propose
from tests.hub.repositories.conftest import CARD, Publish
from tests.hub.repositories.paging import text
from tests.hub.verdicts import decide

pytestmark = pytest.mark.django_db
BASE = "/datasets/alice/cells"
LIST = f"{BASE}/discussions"
PAGE = f"{LIST}/1"


@pytest.fixture
def as_bob(client: Client, bob: Account) -> Client:
    client.force_login(bob)
    return client


def words(**fields: Any) -> dict[str, Any]:
    return {"title": "One more cell", "message": "It was missing.", "kind": "data", "authors": "", **fields}


def only() -> Contribution:
    return Contribution.objects.get()


# --- reading -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "path", [LIST, f"{LIST}?state=open", f"{LIST}?state=declined", PAGE, "/contribute", "/contribute?q=cells"]
)
def test_every_page_is_whole_without_an_account_or_script(client: Client, propose: Propose, path: str) -> None:
    propose()
    response = client.get(path)
    assert response.status_code == 200
    html = text(response)
    assert html.count("<h1") == 1
    assert " style=" not in html
    assert not re.search(r"<script(?![^>]*src=)", html)


@pytest.mark.parametrize("path", [f"{LIST}/2", f"{LIST}/0", f"{LIST}/99999999999", f"{LIST}/x", f"{LIST}?state=none"])
def test_what_is_not_there_is_refused(client: Client, propose: Propose, path: str) -> None:
    propose()
    assert client.get(path).status_code in {400, 404}


def test_contributions_to_a_private_repository_are_not_there_for_others(
    client: Client, private: Repository, propose: Propose, alice: Account, bob: Account, charlie: Account
) -> None:
    add_maintainer(account=alice, repository=private, handle="bob")
    propose({"a": "1"}, repository=private)
    for path in ("", "/1", "/new", "/1/rebase"):
        client.force_login(charlie)
        assert client.get(f"/datasets/alice/secret/discussions{path}").status_code == 404
    client.force_login(bob)
    assert client.get("/datasets/alice/secret/discussions/1").status_code == 200


def test_the_page_says_what_changes_and_what_happens_next(client: Client, propose: Propose) -> None:
    propose(metrics=[{"name": "accuracy", "value": "0.9", "n": 3}])
    html = text(client.get(PAGE))
    assert "Contribution 1: One more cell" in html
    assert "An owner or a maintainer of the repository decides next." in html
    assert "It was missing." in html
    assert "cells.csv" in html
    assert "Rows are named by the column “id”." in html
    assert "1 added, 0 changed, 0 removed" in html
    assert "0.9" in html


def test_the_list_shows_what_waits_and_can_be_narrowed(
    client: Client, propose: Propose, bob: Account, later: Clock
) -> None:
    services.withdraw(account=bob, contribution=propose(title="Gone"), now=later())
    propose({"b": "1"}, title="Here")
    both = text(client.get(LIST))
    assert "Gone" in both
    assert "Here" in both
    narrowed = text(client.get(f"{LIST}?state=open"))
    assert "Gone" not in narrowed
    assert "Here" in narrowed


def test_the_tab_counts_what_waits(client: Client, propose: Propose) -> None:
    propose()
    assert re.search(r"Contributions[^/]*1", re.sub(r"<[^>]+>", " ", text(client.get(BASE))))


def test_the_files_of_a_proposal_can_be_looked_at(client: Client, propose: Propose) -> None:
    revision = selectors.newest_proposal(propose()).revision
    for rev in ("refs/pr/1", revision.commit):
        html = text(client.get(f"{BASE}/tree/{rev}"))
        assert "This is what contribution 1 proposes. It is not published." in html
        assert "proposed here" in html
        assert client.get(f"{BASE}/blob/{rev}/cells.csv").status_code == 200
        assert b"".join(client.get(f"{BASE}/resolve/{rev}/cells.csv").streaming_content).endswith(b"3,30\n")  # type: ignore[attr-defined]
        assert client.get(f"{BASE}/compare/main..{rev.replace('/', '%2F')}").status_code == 200
    assert client.get(f"{BASE}/commit/{revision.commit}").status_code == 302
    assert client.get(f"{BASE}/tree/refs/pr/2").status_code == 404


def test_a_proposal_is_not_among_the_revisions(client: Client, propose: Propose) -> None:
    revision = selectors.newest_proposal(propose()).revision
    assert revision.commit not in text(client.get(f"{BASE}/commits/main"))
    assert client.get(f"{BASE}/commits/{revision.commit}").status_code == 404
    assert client.get(f"{BASE}/bundle?rev={revision.commit}").status_code == 404


def test_proposing_asks_for_an_account(client: Client, cells: Repository) -> None:
    for path in ("/new", "/new/card"):
        response = client.get(f"{LIST}{path}")
        assert response.status_code == 302
        assert "/accounts/login/" in response["Location"]


# --- proposing -----------------------------------------------------------------------------------
def test_who_may_not_publish_is_led_to_proposing(as_bob: Client, cells: Repository) -> None:
    assert as_bob.get(f"{BASE}/upload")["Location"] == f"{LIST}/new"
    assert as_bob.get(f"{BASE}/edit")["Location"] == f"{LIST}/new/card"
    assert as_bob.post(f"{BASE}/upload", {}).status_code == 403
    assert "Propose a change" in text(as_bob.get(BASE))


def test_removing_a_file_is_proposed_without_script(as_bob: Client, cells: Repository, charlie: Account) -> None:
    shown = text(as_bob.get(f"{LIST}/new"))
    assert "proposed contribution 1" in shown
    data = words(remove="notes.txt", authors="charlie 25 %", parent=cells.head_id)
    response = as_bob.post(f"{LIST}/new", data)
    assert response["Location"] == PAGE
    assert only().authors[1]["bps"] == 2_500
    assert [row.path for row in selectors.newest_proposal(only()).revision.changes.all()] == ["notes.txt"]
    assert "25 %" in text(as_bob.get(PAGE))


def test_sent_files_are_proposed(as_bob: Client, cells: Repository, bob: Account, now: Any) -> None:
    from hub.uploads.services import hold_bytes, start_upload

    blob = hold_bytes(bob, b"id,area\n", now)
    upload = start_upload(bob, "cells.csv", 8, f"proposal:{cells.pk}", now, sha256=blob.pk)
    rows = json.dumps([{"path": "cells.csv", "upload": str(upload.pk)}])
    response = as_bob.post(f"{LIST}/new", words(uploads=rows, parent=cells.head_id))
    assert response.status_code == 302
    assert f'purpose="proposal:{cells.pk}"' in text(as_bob.get(f"{LIST}/new"))


def test_measurements_come_with_it(as_bob: Client, cells: Repository) -> None:
    measured = {"metric_rows": "2", "metrics-0-name": "accuracy", "metrics-0-value": "0.9"}
    data = words(remove="notes.txt", parent=cells.head_id, **measured)
    assert as_bob.post(f"{LIST}/new", data).status_code == 302
    assert selectors.newest_proposal(only()).revision.metrics[0]["value"] == "0.9"


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"title": ""}, "required"),
        ({"authors": "charlie"}, "is not a handle and a share"),
        ({"authors": "nobody 5"}, "There is no person here with the handle “nobody”."),
        ({"authors": "charlie 0"}, "Each share is more than 0 %"),
        ({"authors": "charlie 100"}, "Together the shares of co-authors must stay below 100 %"),
        ({"authors": "charlie 60 %\nalice 70 %"}, "Together the shares of co-authors must stay below 100 %"),
        ({"authors": "Bob 20 %"}, "You are an author anyway; leave yourself out."),
        ({"authors": "charlie 12.345 %"}, "“charlie 12.345 %”: a share has at most two decimals."),
        ({"remove": []}, "No file was sent"),
        ({"parent": "0" * 64}, "was published in the meantime"),
        ({"metrics-0-name": "accuracy", "metrics-0-value": "7"}, "This metric cannot have this value."),
        ({"uploads": "{"}, "The list of files cannot be read."),
    ],
)
def test_what_cannot_be_taken_is_said_and_what_was_typed_is_kept(
    as_bob: Client, cells: Repository, charlie: Account, fields: dict[str, Any], shown: str
) -> None:
    response = as_bob.post(f"{LIST}/new", words(**{"remove": "notes.txt", "parent": cells.head_id, **fields}))
    assert response.status_code == 422
    html = text(response)
    assert shown in html
    assert "It was missing." in html
    assert not Contribution.objects.exists()


def test_another_card_is_proposed(as_bob: Client, cells: Repository) -> None:
    shown = as_bob.get(f"{LIST}/new/card")
    initial = shown.context["form"].initial
    data = {
        **words(kind=""), "text": initial["text"] + "\nMore.\n", "initial_fields": initial["initial_fields"],
        "parent": initial["parent"], "licence": "mit", "tags": "oncology",
    }  # fmt: skip
    assert "More." in text(as_bob.post(f"{LIST}/new/card", {**data, "preview": "1"}))
    assert as_bob.post(f"{LIST}/new/card", {**data, "licence": "MIT"}).status_code == 302
    revision = selectors.newest_proposal(only()).revision
    assert (only().kind, revision.licence) == ("documentation", "MIT")
    assert "README.md" in text(as_bob.get(PAGE))


def test_a_card_that_cannot_be_read_is_refused_beside_it(as_bob: Client, cells: Repository) -> None:
    data = {**words(), "text": "---\nlicense: [\n---\n", "parent": cells.head_id}
    response = as_bob.post(f"{LIST}/new/card", data)
    assert response.status_code == 422
    assert not Contribution.objects.exists()


# --- its author ----------------------------------------------------------------------------------
def test_a_new_version_takes_the_place_of_the_one_before(as_bob: Client, propose: Propose) -> None:
    before = selectors.newest_proposal(propose()).revision_id
    form = as_bob.get(f"{PAGE}/update").context["form"]
    assert form["title"].value() == "One more cell"
    data = words(title="Better", remove="notes.txt", parent=before)
    assert as_bob.post(f"{PAGE}/update", data)["Location"] == PAGE
    html = text(as_bob.get(PAGE))
    assert "Contribution 1: Better" in html
    assert "Version 1" in html
    assert as_bob.post(f"{PAGE}/update", data).status_code == 422


def test_the_measurements_of_a_version_stand_in_the_form_and_are_sent_as_they_stand_there(
    as_bob: Client, propose: Propose, cells: Repository
) -> None:
    on = f"rev:{cells.head_id}"
    first = {
        "name": "accuracy",
        "value": "0.9",
        "better": "higher",
        "n": 3,
        "low": "0.8",
        "high": "0.95",
        "level": "0.9",
    }
    second = {"name": "rows_valid", "value": "3", "better": "higher", "unit": "rows", "on": on}
    propose(metrics=[first, second])

    def measured() -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = selectors.newest_proposal(only()).revision.metrics
        return rows

    def sent(**fields: str) -> dict[str, Any]:
        """The form as it was shown, with some fields typed over."""
        context = as_bob.get(f"{PAGE}/update").context
        rows = {
            field.html_name: field.value() or "" for each in context["metric_forms"] for field in each
        }  # fmt: skip
        parent = context["form"].initial["parent"]
        return words(parent=parent, metric_rows=str(len(context["metric_forms"])), **{**rows, **fields})

    before = measured()
    assert as_bob.get(f"{PAGE}/update").context["metrics_open"]
    assert as_bob.post(f"{PAGE}/update", sent(title="Other words")).status_code == 302
    assert measured() == before
    assert as_bob.post(f"{PAGE}/update", sent(**{"metrics-0-value": "0.91"})).status_code == 302
    assert measured() == [{**before[0], "value": "0.91"}, before[1]]
    gone = {name: "" for name in sent() if name.startswith("metrics-0-")}
    assert as_bob.post(f"{PAGE}/update", sent(**gone)).status_code == 302
    assert measured() == [before[1]]
    gone = {name: "" for name in sent() if name.startswith("metrics-")}
    assert as_bob.post(f"{PAGE}/update", sent(**gone)).status_code == 302
    assert measured() == []


def test_what_is_called_documentation_afterwards_keeps_the_metrics_of_its_base(
    as_bob: Client, propose: Propose, cells: Repository, publish: Publish
) -> None:
    publish(cells, {"a": "1"}, metrics=[{"name": "accuracy", "value": "0.940"}])
    parent = selectors.newest_proposal(propose()).revision_id
    data = words(parent=parent, kind="documentation", metric_rows="2")
    assert as_bob.post(f"{PAGE}/update", data).status_code == 302
    assert selectors.newest_proposal(only()).revision.metrics[0]["value"] == "0.940"


def test_the_card_of_a_version_can_be_changed(as_bob: Client, propose: Propose) -> None:
    propose()
    form = as_bob.get(f"{PAGE}/update/card").context["form"]
    data = {**words(), **form.initial, "text": CARD + "\nMore.\n"}
    data = {name: value for name, value in data.items() if name in form.fields}
    assert as_bob.post(f"{PAGE}/update/card", data).status_code == 302
    paths = {row.path for row in selectors.newest_proposal(only()).revision.changes.all()}
    assert paths == {"README.md", "cells.csv"}


def test_others_do_not_change_it(client: Client, propose: Propose, charlie: Account, alice: Account) -> None:
    propose()
    for account in (charlie, alice):
        client.force_login(account)
        for path in ("/update", "/update/card", "/rebase"):
            assert client.get(f"{PAGE}{path}").status_code == 403
        assert client.post(f"{PAGE}/withdraw").status_code == 403
        assert "Withdraw the contribution" not in text(client.get(PAGE))


def chosen(cells: Repository, **sides: str) -> dict[str, Any]:
    """What the page of a base that has moved on sends, as it was shown now."""
    cells.refresh_from_db()
    seen = {"head": cells.head_id, "proposal": selectors.newest_proposal(only()).revision_id}
    return {**seen, **{side_name(path): side for path, side in sides.items()}}


def test_a_choice_counts_for_the_files_that_were_shown(
    as_bob: Client, propose: Propose, cells: Repository, publish: Publish
) -> None:
    propose({"b": "mine", "cells.csv": "id,area\n", "notes.txt": "mine"})
    publish(cells, {"cells.csv": f"{CELLS}4,40\n", "notes.txt": "theirs"})
    shown = text(as_bob.get(f"{PAGE}/rebase"))
    data = chosen(cells, **{"cells.csv": "theirs", "notes.txt": "mine"})
    assert all(f'name="{name}"' in shown for name in data)
    publish(cells, {"b": "theirs"})
    response = as_bob.post(f"{PAGE}/rebase", data)
    assert response.status_code == 422
    html = text(response)
    assert "was published in the meantime" in html
    assert "checked" not in html
    assert only().proposals.count() == 1
    data = chosen(cells, **{"b": "mine", "cells.csv": "theirs", "notes.txt": "mine"})
    assert as_bob.post(f"{PAGE}/rebase", data).status_code == 302
    assert {row.path for row in selectors.newest_proposal(only()).revision.changes.all()} == {"b", "notes.txt"}


def test_a_version_that_was_not_looked_at_is_not_moved(
    as_bob: Client, propose: Propose, cells: Repository, publish: Publish, bob: Account, later: Clock
) -> None:
    contribution = propose()
    publish(cells, {"b": "1"})
    data = chosen(cells)
    services.update_contribution(account=bob, contribution=contribution, title="Another", now=later())
    response = as_bob.post(f"{PAGE}/rebase", data)
    assert response.status_code == 422
    assert "There is a newer version of this contribution." in text(response)


def test_what_stands_on_the_newest_revision_is_not_moved(as_bob: Client, propose: Propose, cells: Repository) -> None:
    propose()
    response = as_bob.post(f"{PAGE}/rebase", chosen(cells))
    assert response.status_code == 422
    assert "It stands on the newest revision already." in text(response)


def test_a_stale_base_is_explained_and_moved(
    as_bob: Client, propose: Propose, cells: Repository, publish: Publish
) -> None:
    propose()
    publish(cells, {"cells.csv": f"{CELLS}4,40\n", "b": "1"})
    html = text(as_bob.get(PAGE))
    assert "This was made on revision 2; the newest is revision 3." in html
    assert "Move it to the newest revision" in html
    assert "as it is in the repository now" in text(as_bob.get(f"{PAGE}/rebase"))
    assert as_bob.post(f"{PAGE}/rebase", chosen(cells)).status_code == 422
    assert as_bob.post(f"{PAGE}/rebase", chosen(cells, **{"cells.csv": "mine"}))["Location"] == PAGE
    assert "moved to another base" not in text(as_bob.get(LIST))
    assert "The repository has moved on." not in text(as_bob.get(PAGE))


def test_readers_are_told_that_a_base_is_stale_but_get_no_button(
    client: Client, propose: Propose, cells: Repository, publish: Publish
) -> None:
    propose()
    publish(cells, {"b": "1"})
    html = text(client.get(PAGE))
    assert "The repository has moved on." in html
    assert "Move it to the newest revision" not in html


def test_it_is_withdrawn_with_a_reason(as_bob: Client, propose: Propose) -> None:
    propose()
    assert as_bob.post(f"{PAGE}/withdraw", {"reason": "Wrong file."})["Location"] == PAGE
    assert "Its author withdrew it before it was decided." in text(as_bob.get(PAGE))
    assert as_bob.post(f"{PAGE}/withdraw").status_code == 409


# --- discussion ----------------------------------------------------------------------------------
def test_people_talk_and_delete_their_words(as_bob: Client, propose: Propose) -> None:
    propose()
    response = as_bob.post(f"{PAGE}/comment", {"text": "Why <b>30</b>?"})
    comment = only().comments.get()
    assert response["Location"] == f"{PAGE}#comment-{comment.pk}"
    assert "Why &lt;b&gt;30&lt;/b&gt;?" in text(as_bob.get(PAGE))
    assert as_bob.post(f"{PAGE}/comments/{comment.pk}/delete").status_code == 302
    assert "This comment was deleted by its author." in text(as_bob.get(PAGE))
    assert as_bob.post(f"{PAGE}/comments/999999/delete").status_code == 404


def test_an_empty_comment_is_refused(as_bob: Client, propose: Propose) -> None:
    propose()
    assert as_bob.post(f"{PAGE}/comment", {"text": " "}).status_code == 422


def test_talking_asks_for_an_account(client: Client, propose: Propose) -> None:
    propose()
    assert "/accounts/login/" in client.post(f"{PAGE}/comment", {"text": "x"})["Location"]
    assert "Sign in to take part" in text(client.get(PAGE))


# --- elsewhere -----------------------------------------------------------------------------------
def test_contribute_leads_to_repositories_and_ones_own_contributions(as_bob: Client, propose: Propose) -> None:
    propose()
    html = text(as_bob.get("/contribute"))
    assert f"{LIST}/new/card" in html
    assert PAGE in html


def test_ones_own_contributions_stand_on_ones_own_page_and_the_public_one(as_bob: Client, propose: Propose) -> None:
    propose()
    for address in ("/me", "/people/bob"):
        assert f'<a href="{PAGE}">' in as_bob.get(address).content.decode()


def test_what_an_accepted_revision_became_is_linked(
    client: Client, propose: Propose, alice: Account, later: Clock
) -> None:
    contribution = propose()
    decide(account=alice, contribution=contribution, verdict="accept", now=later())
    html = text(client.get(PAGE))
    assert "It became" in html
    head = Revision.objects.get(number=3)
    commit = text(client.get(f"{BASE}/commit/{head.commit}"))
    assert "One more cell" in commit
    assert "bob" in commit
