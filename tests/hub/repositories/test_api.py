"""`/api/v1/repositories` over HTTP, on the real services: create, find, change, withdraw, and who may."""

import hashlib
import uuid
from typing import Any

import pytest

from hub.accounts.models import Account
from hub.repositories.models import Repository, Revision
from hub.repositories.services import add_maintainer
from ledger.models import Entry
from tests.hub.repositories.calling import REPOSITORIES, REVISIONS, Caller, caller, path_of, refused, text
from tests.hub.repositories.conftest import CARD, Create
from web.models import IdempotentRequest

pytestmark = pytest.mark.django_db
NEW = {"kind": "dataset", "name": "cells", "licence": "CC0-1.0"}


# --- creating ------------------------------------------------------------------------------------
def test_a_repository_begins_with_a_licence_and_a_sentence(writer: Caller, nobody: Caller, alice: Account) -> None:
    answer = writer.post(REPOSITORIES, {**NEW, "summary": "Measurements of cells.", "message": "First."})
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert answer["Location"] == f"{REPOSITORIES}/{made['id']}"
    assert (made["kind"], made["name"], made["visibility"]) == ("dataset", "cells", "public")
    assert (made["licence"], made["summary"]) == ("CC0-1.0", "Measurements of cells.")
    assert made["owner"] == {"handle": "alice", "pseudonym": alice.pseudonym, "url": "/people/alice"}
    assert made["url"] == "/datasets/alice/cells"
    assert (made["entry"]["leaf_index"], made["revision_count"]) == (None, 1)
    assert (made["head"]["message"], made["head"]["files"]) == ("First.", 1)
    assert Entry.objects.get(uid=made["entry"]["uid"]).subject == f"repo:{made['id']}"
    assert nobody.get(answer["Location"]).json() == made


def test_a_repository_begins_with_a_whole_card(writer: Caller) -> None:
    made = writer.post(REPOSITORIES, {"kind": "model", "name": "m", "card": CARD, "visibility": "private"}).json()
    assert (made["licence"], made["tags"], made["visibility"]) == ("CC-BY-4.0", ["tabular", "oncology"], "private")
    file = writer.get(f"{REVISIONS}/{made['head']['id']}/files?path=README.md").json()["results"][0]
    assert file["sha256"] == hashlib.sha256(CARD.encode()).hexdigest()


def test_a_request_repeated_with_its_key_makes_one_repository_and_one_entry(writer: Caller) -> None:
    first, second = (writer.post(REPOSITORIES, NEW, **{"Idempotency-Key": "k"}) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert (Repository.objects.count(), Revision.objects.count()) == (1, 1)
    assert Entry.objects.filter(type="repository.created").count() == 1


def test_a_refused_request_leaves_its_key_free(writer: Caller) -> None:
    key = {"Idempotency-Key": "k"}
    refused(writer.post(REPOSITORIES, {**NEW, "name": "-"}, **key), 422, "name")
    assert not IdempotentRequest.objects.exists()
    assert writer.post(REPOSITORIES, NEW, **key).status_code == 201
    refused(writer.post(REPOSITORIES, {**NEW, "name": "other"}, **key), 422)


def test_a_name_is_taken_once_in_any_spelling(writer: Caller) -> None:
    writer.post(REPOSITORIES, NEW)
    problem = refused(writer.post(REPOSITORIES, {**NEW, "name": "CELLS"}), 409)
    assert problem["title"] == "Not possible as things stand"
    assert "with this name" in problem["detail"]
    assert writer.post(REPOSITORIES, {**NEW, "kind": "model"}).status_code == 201


def test_nobody_creates_in_anothers_name(writer: Caller, bob: Account) -> None:
    refused(writer.post(REPOSITORIES, {**NEW, "owner": "bob"}), 403)
    refused(writer.post(REPOSITORIES, {**NEW, "owner": "nobody-here"}), 422, "owner")
    assert writer.post(REPOSITORIES, {**NEW, "owner": "ALICE"}).status_code == 201


NO_REPOSITORY: list[tuple[Any, list[str]]] = [
    ({"kind": "space"}, ["kind"]),
    ({"kind": None}, ["kind"]),
    ({"kind": ["model"]}, ["kind"]),
    ({"name": ""}, ["name"]),
    ({"name": 7}, ["name"]),
    ({"name": {"a": 1}}, ["name"]),
    ({"name": "../x"}, ["name"]),
    ({"name": "証"}, ["name"]),
    ({"name": "x" * 201}, ["name"]),
    ({"visibility": "gated"}, ["visibility"]),
    ({"visibility": True}, ["visibility"]),
    ({"licence": "no such licence"}, ["licence"]),
    ({"licence": 1e308}, ["licence"]),
    ({"summary": "x" * 301}, ["summary"]),
    ({"message": []}, ["message"]),
    ({"owner": ""}, ["owner"]),
    ({"stars": 5}, ["stars"]),
    ({"message": "x" * 10_001}, ["message"]),
    ({"card": CARD}, ["licence"]),
    ({"card": "", "licence": ...}, ["card"]),
    ({"licence": ...}, ["card"]),
    ({"card": "---\nlicense: [", "licence": ...}, ["card"]),
    ({"card": "---\na: &x 1\n---\n", "licence": ...}, ["card"]),
]


def test_a_repository_that_cannot_be_names_the_field(writer: Caller) -> None:
    for change, fields in NO_REPOSITORY:
        body = {name: value for name, value in {**NEW, **change}.items() if value is not ...}
        refused(writer.post(REPOSITORIES, body), 422, *fields)
        assert not Repository.objects.exists() and not Entry.objects.filter(type="repository.created").exists()


NO_JSON = [
    b"[]",
    b"null",
    b"{",
    b'"dataset"',
    b'{"name": NaN}',
    b'{"name": 1e999}',
    b'{"name": ' + b"9" * 400 + b"}",
    b'{"name": "a", "name": "b"}',
    b'{"name": "\\u0000"}',
    b'{"name": "\\ud800"}',
    b'{"name": "\xff"}',
    b'{"name": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
]


def test_what_is_no_strict_json_is_a_problem(writer: Caller, dataset: Repository) -> None:
    here = f"{REPOSITORIES}/{dataset.pk}"
    for method, path in (("POST", REPOSITORIES), ("POST", here + "/revisions"), ("PATCH", here)):
        for body in NO_JSON:
            assert refused(writer.send(method, path, body), 400)["detail"]
        refused(writer.send(method, path, b""), 422)


def test_other_media_types_are_refused(writer: Caller, dataset: Repository) -> None:
    headers = {"authorization": f"Bearer {writer.token}"}
    answer = writer.client.post(REPOSITORIES, "kind=model", content_type="text/csv", headers=headers)
    refused(answer, 415)
    refused(writer.send("PUT", f"{REPOSITORIES}/{dataset.pk}", {}), 405)


# --- who may -------------------------------------------------------------------------------------
def test_without_an_account_nothing_changes(nobody: Caller, dataset: Repository) -> None:
    refused(nobody.post(REPOSITORIES, NEW), 401)
    refused(nobody.publish(dataset, changes=[text("a", "1")]), 401)
    refused(nobody.send("PATCH", f"{REPOSITORIES}/{dataset.pk}", {"name": "x"}), 401)
    refused(nobody.send("DELETE", f"{REPOSITORIES}/{dataset.pk}?reason=error"), 401)


def test_a_read_token_reads_what_is_private_and_changes_nothing(alice: Account, private: Repository) -> None:
    reader, here = caller(alice, "read"), f"{REPOSITORIES}/{private.pk}"
    assert reader.get(here).status_code == 200
    refused(reader.post(REPOSITORIES, NEW), 403)
    refused(reader.publish(private, changes=[text("a", "1")]), 403)
    refused(reader.send("PATCH", here, {"name": "x"}), 403)
    refused(reader.send("DELETE", here + "?reason=error"), 403)


def test_a_private_repository_is_nowhere_for_others(
    nobody: Caller, writer: Caller, private: Repository, charlie: Account
) -> None:
    assert private.head is not None
    here, revision = f"{REPOSITORIES}/{private.pk}", f"{REVISIONS}/{private.head.id}"
    paths = [here, f"{here}/revisions", revision, *(f"{revision}/{part}" for part in ("files", "changes", "object"))]
    paths += [f"{REVISIONS}/{private.head.commit}", f"{revision}/trees/{private.head.root_tree_id}"]
    for path in paths:
        assert writer.get(path).status_code == 200, path
        for other in (nobody, caller(charlie)):
            refused(other.get(path), 404)
    other = caller(charlie)
    refused(other.publish(private, changes=[text("a", "1")]), 404)
    refused(other.send("PATCH", here, {"name": "x"}), 404)
    refused(other.send("DELETE", here + "?reason=error"), 404)
    assert nobody.get(f"{REPOSITORIES}?owner=alice&name=secret").json()["results"] == []
    assert nobody.get(REPOSITORIES).json()["results"] == []


def test_others_do_not_change_a_public_repository(dataset: Repository, charlie: Account) -> None:
    other, here = caller(charlie), f"{REPOSITORIES}/{dataset.pk}"
    refused(other.publish(dataset, changes=[text("a", "1")]), 403)
    refused(other.send("PATCH", here, {"name": "x"}), 403)
    refused(other.send("PATCH", here, {"name": "cells"}), 403)
    refused(other.send("DELETE", here + "?reason=error"), 403)


def test_a_maintainer_publishes_but_does_not_change_settings(dataset: Repository, alice: Account, bob: Account) -> None:
    add_maintainer(account=alice, repository=dataset, handle="bob")
    assert caller(bob).publish(dataset, changes=[text("a", "1")]).status_code == 201
    refused(caller(bob).send("PATCH", f"{REPOSITORIES}/{dataset.pk}", {"visibility": "private"}), 403)


# --- finding -------------------------------------------------------------------------------------
def names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [found["name"] for found in answer.json()["results"]]


def test_a_list_is_paged_by_its_links(nobody: Caller, create: Create) -> None:
    for number in range(5):
        create(f"cells-{number}")
    seen, address = [], f"{REPOSITORIES}?kind=dataset&size=2"
    while address:
        page = nobody.get(address).json()
        assert len(page["results"]) <= 2
        seen += [found["name"] for found in page["results"]]
        address = path_of(page["next"]) if page["next"] else ""
    assert sorted(seen) == [f"cells-{number}" for number in range(5)]


def test_a_list_is_narrowed(nobody: Caller, create: Create) -> None:
    create("cells")
    create("frogs", kind="model", card="---\nlicense: mit\ntags: [audio]\n---\nCroaking.")
    for query, found in {
        "kind=model": ["frogs"],
        "q=croak": ["frogs"],
        "q=nothing-like-it": [],
        "licence=CC-BY-4.0": ["cells"],
        "tag=audio": ["frogs"],
        "owner=ALICE&kind=dataset": ["cells"],
        "owner=bob": [],
        "owner=alice&name=FROGS": ["frogs"],
        "owner=alice&name=frogs&kind=dataset": [],
    }.items():
        assert names(nobody.get(f"{REPOSITORIES}?{query}")) == found, query


def test_a_parameter_that_cannot_be_read_is_a_problem(nobody: Caller) -> None:
    queries = ["kind=space", "size=0", "size=101", "size=x", "cursor=x", "name=cells", "q=%00", "tag=%00"]
    for query in [*queries, "q=" + "x" * 201]:
        refused(nobody.get(f"{REPOSITORIES}?{query}"), 400)


def test_a_repository_that_is_not_there_is_404(nobody: Caller) -> None:
    for key in (str(uuid.UUID(int=0)), "x", "1", "00000000"):
        refused(nobody.get(f"{REPOSITORIES}/{key}"), 404)
    refused(nobody.get(f"{REPOSITORIES}/%00"), 400)


# --- settings ------------------------------------------------------------------------------------
def test_name_and_visibility_change_in_one_request(writer: Caller, nobody: Caller, dataset: Repository) -> None:
    here = f"{REPOSITORIES}/{dataset.pk}"
    answer = writer.send("PATCH", here, {"name": "tissues", "visibility": "private"})
    assert (answer.json()["name"], answer.json()["visibility"]) == ("tissues", "private")
    refused(nobody.get(here), 404)
    changed = Entry.objects.filter(subject=f"repo:{dataset.pk}").order_by("pk").values_list("type", flat=True)
    assert list(changed) == ["repository.created", "repository.renamed", "repository.visibility_changed"]


def test_what_has_the_value_already_writes_no_entry(writer: Caller, dataset: Repository) -> None:
    count = Entry.objects.count()
    answer = writer.send("PATCH", f"{REPOSITORIES}/{dataset.pk}", {"name": "cells", "visibility": "public"})
    assert (answer.status_code, Entry.objects.count()) == (200, count)


def test_a_change_that_fails_halfway_changes_nothing(writer: Caller, dataset: Repository, create: Create) -> None:
    create("taken")
    refused(writer.send("PATCH", f"{REPOSITORIES}/{dataset.pk}", {"visibility": "private", "name": "taken"}), 409)
    dataset.refresh_from_db()
    assert (dataset.name, dataset.visibility) == ("cells", "public")


NO_SETTING: list[tuple[Any, list[str]]] = [
    ({}, [""]),
    ({"name": "a b"}, ["name"]),
    ({"name": None}, ["name"]),
    ({"visibility": "gated"}, ["visibility"]),
    ({"visibility": {}}, ["visibility"]),
    ({"owner": "bob"}, ["owner"]),
]


def test_a_setting_that_cannot_be_names_the_field(writer: Caller, dataset: Repository) -> None:
    for body, fields in NO_SETTING:
        refused(writer.send("PATCH", f"{REPOSITORIES}/{dataset.pk}", body), 422, *fields)


def test_withdrawing_takes_a_reason_and_hides_for_good(writer: Caller, nobody: Caller, dataset: Repository) -> None:
    here = f"{REPOSITORIES}/{dataset.pk}"
    for query in ("", "?reason=", "?reason=boredom"):
        refused(writer.send("DELETE", here + query), 422, "reason")
    answer = writer.send("DELETE", here + "?reason=personal_data")
    assert (answer.status_code, answer.content) == (204, b"")
    for again in (nobody.get(here), writer.send("DELETE", here + "?reason=error"), writer.publish(dataset)):
        refused(again, 410)
    assert dataset.head is not None
    refused(nobody.get(f"{REVISIONS}/{dataset.head.id}"), 404)
    assert names(nobody.get(REPOSITORIES)) == []
