"""Reading revisions over the API: down to the bytes that a stranger hashes."""

import hashlib
import json
from typing import Any

import pytest

from hub.repositories import tree
from hub.repositories.models import Repository
from tests.hub.repositories.calling import REPOSITORIES, REVISIONS, Caller, path_of, refused
from tests.hub.repositories.conftest import CARD, Create, Publish

pytestmark = pytest.mark.django_db


# --- reading revisions ---------------------------------------------------------------------------
def test_revisions_are_paged_newest_first(nobody: Caller, dataset: Repository, publish: Publish) -> None:
    for number in range(4):
        publish(dataset, {"a": str(number)})
    here = f"{REPOSITORIES}/{dataset.pk}/revisions?size=2"
    first = nobody.get(here).json()
    second = nobody.get(path_of(first["next"])).json()
    assert [found["number"] for found in first["results"] + second["results"]] == [5, 4, 3, 2]
    assert nobody.get(path_of(second["previous"])).json()["results"] == first["results"]
    last = nobody.get(path_of(second["next"])).json()
    assert ([found["number"] for found in last["results"]], last["next"]) == ([1], None)


def test_a_cursor_of_another_list_is_refused(nobody: Caller, dataset: Repository, publish: Publish) -> None:
    published = publish(dataset, {"a": "1", "b": "1"})
    cursor = nobody.get(f"{REPOSITORIES}/{dataset.pk}/revisions?size=1").json()["next"].partition("cursor=")[2]
    refused(nobody.get(f"{REVISIONS}/{published.id}/changes?cursor={cursor}"), 400)


def test_the_number_of_queries_does_not_grow_with_the_page(
    nobody: Caller, dataset: Repository, publish: Publish, create: Create, django_assert_max_num_queries: Any
) -> None:
    for number in range(6):
        publish(dataset, {"a": str(number)})
        create(f"more-{number}")
    for path, most in ((f"{REPOSITORIES}/{dataset.pk}/revisions", 2), (REPOSITORIES, 1)):
        with django_assert_max_num_queries(most):
            assert nobody.get(path).status_code == 200


def test_a_revision_names_what_it_was_made_from(
    writer: Caller, nobody: Caller, create: Create, private: Repository, dataset: Repository
) -> None:
    assert dataset.head is not None and private.head is not None
    card = "---\ndatasets: [alice/cells, alice/secret, https://example.org/x]\n---\n"
    model = create("m", kind="model", card=card)
    assert model.head is not None
    outside = {"outside_url": "", "outside_sha256": ""}
    shown = {
        "relation": "trained_on",
        "revision": dataset.head.id,
        "url": f"/datasets/alice/cells/commit/{dataset.head.commit}",
    }
    hidden = {"relation": "trained_on", "revision": private.head.id, "url": ""}
    url = "https://example.org/x"
    named = {"outside_url": url, "outside_sha256": hashlib.sha256(url.encode()).hexdigest()}
    found = nobody.get(f"{REVISIONS}/{model.head.id}").json()["sources"]
    assert found == [
        {**shown, **outside},
        {**hidden, **outside},
        {"relation": "trained_on", "revision": None, "url": "", **named},
    ]
    assert writer.get(f"{REVISIONS}/{model.head.id}").json()["sources"][1]["url"] != ""


def test_a_revision_that_is_not_there_is_404(nobody: Caller) -> None:
    for key in ("0" * 64, "0" * 40, "x", "0" * 8, "main", "Z" * 64, "%F0%9F%98%80", "0" * 2_000):
        for part in ("", "/files", "/changes", "/object", "/trees/" + "0" * 64):
            refused(nobody.get(f"{REVISIONS}/{key}{part}"), 404)
    refused(nobody.get(f"{REVISIONS}/%00"), 400)


def test_a_short_id_is_no_id(nobody: Caller, dataset: Repository) -> None:
    assert dataset.head is not None
    refused(nobody.get(f"{REVISIONS}/{dataset.head.id[:12]}"), 404)
    refused(nobody.get(f"{REVISIONS}/{dataset.head.id[:41]}"), 404)


def test_a_folder_lists_its_names_and_a_file_itself(nobody: Caller, dataset: Repository, publish: Publish) -> None:
    published = publish(dataset, {"b/x y.csv": "123", "b/c/d": "1", "a": ""})
    files = f"{REVISIONS}/{published.id}/files"
    top = nobody.get(files).json()
    assert [(f["path"], f["type"], f["size"]) for f in top["results"]][1:] == [("a", "file", 0), ("b", "tree", 4)]
    (file,) = nobody.get(files + "?path=b/x%20y.csv").json()["results"]
    assert file == {
        "name": "x y.csv",
        "path": "b/x y.csv",
        "type": "file",
        "size": 3,
        "digest": hashlib.sha256(b"123").hexdigest(),
        "sha256": hashlib.sha256(b"123").hexdigest(),
        "url": f"/datasets/alice/cells/resolve/{published.commit}/b/x%20y.csv",
    }
    below = nobody.get(files + "?path=b/").json()["results"]
    assert [found["path"] for found in below] == ["b/c", "b/x y.csv"]


def test_a_path_that_is_not_there_is_refused(nobody: Caller, dataset: Repository, publish: Publish) -> None:
    files = f"{REVISIONS}/{publish(dataset, {'a': '1', 'b/c': '1'}).id}/files"
    for path in ("nothing", "a/b", "../a", "b//c", "a\\", "%ED%A0%80", "x" * 2_000):
        refused(nobody.get(f"{files}?path={path}"), 404)
    for path in ("%00", "x" * 3_000):
        refused(nobody.get(f"{files}?path={path}"), 400)


def test_the_names_of_a_folder_come_in_pages(nobody: Caller, dataset: Repository, publish: Publish) -> None:
    published = publish(dataset, {f"d/{number:02}": "1" for number in range(7)})
    seen, address = [], f"{REVISIONS}/{published.id}/files?path=d&size=3"
    while address:
        page = nobody.get(address).json()
        seen.append([found["name"] for found in page["results"]])
        address = path_of(page["next"]) if page["next"] else ""
    assert seen == [["00", "01", "02"], ["03", "04", "05"], ["06"]]
    for query in ("size=0", "size=1001", "cursor=-1", "cursor=x", "cursor=10001"):
        refused(nobody.get(f"{REVISIONS}/{published.id}/files?{query}"), 400)
    assert nobody.get(f"{REVISIONS}/{published.id}/files?cursor=10000").json() == {"results": [], "next": None}


def test_changes_say_what_every_path_was_and_is(nobody: Caller, dataset: Repository, publish: Publish) -> None:
    publish(dataset, {"a": "1", "b": "1"})
    published = publish(dataset, {"a": "22", "b": None, "c": "333"})
    sha = {content: hashlib.sha256(content.encode()).hexdigest() for content in ("1", "22", "333")}
    assert nobody.get(f"{REVISIONS}/{published.id}/changes").json()["results"] == [
        {"path": "a", "action": "changed", "size": 2, "sha256": sha["22"], "old_size": 1, "old_sha256": sha["1"]},
        {"path": "b", "action": "removed", "size": None, "sha256": None, "old_size": 1, "old_sha256": sha["1"]},
        {"path": "c", "action": "added", "size": 3, "sha256": sha["333"], "old_size": None, "old_sha256": None},
    ]


def test_a_stranger_recomputes_a_revision_from_its_canonical_bytes(
    nobody: Caller, dataset: Repository, publish: Publish
) -> None:
    published = publish(dataset, {"b/c/d": "1"})
    here = f"{REVISIONS}/{published.id}"
    body = nobody.get(here + "/object").content
    assert hashlib.sha256(body).hexdigest() == published.id
    digest, members = json.loads(body)["root_tree"], list[Any]()
    for name in ("b", "c", "d"):
        directory = nobody.get(f"{here}/trees/{digest}").content
        assert hashlib.sha256(directory).hexdigest() == digest
        (member,) = [found for found in json.loads(directory)["members"] if found["name"] == name]
        members.append(member)
        digest = member["sha256"]
    assert digest == hashlib.sha256(b"1").hexdigest()


def test_canonical_bytes_are_not_sent_twice(nobody: Caller, dataset: Repository) -> None:
    assert dataset.head is not None
    path = f"{REVISIONS}/{dataset.head.id}/object"
    answer = nobody.get(path)
    assert (answer["ETag"], answer["Cache-Control"]) == (f'"{dataset.head.id}"', "private, no-cache")
    again = nobody.get(path, **{"if-none-match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_directory_is_shown_only_as_part_of_its_revision(
    nobody: Caller, writer: Caller, private: Repository, dataset: Repository, publish: Publish
) -> None:
    older = dataset.head
    newer, hidden = publish(dataset, {"a/b": "1"}), publish(private, {"a/b": "1"})
    assert older is not None
    foreign = [hidden.root_tree_id, older.root_tree_id, tree.EMPTY_ROOT, "0" * 64, "x"]
    for digest in foreign:
        refused(nobody.get(f"{REVISIONS}/{newer.id}/trees/{digest}"), 404)
    assert writer.get(f"{REVISIONS}/{hidden.id}/trees/{hidden.root_tree_id}").status_code == 200


def test_readers_of_a_private_repository_get_the_salt_of_its_leaves(writer: Caller, private: Repository) -> None:
    assert private.head is not None
    detail = writer.get(f"{REVISIONS}/{private.head.id}").json()
    (file,) = writer.get(f"{REVISIONS}/{private.head.id}/files").json()["results"]
    assert detail["salted"] is True
    assert file["sha256"] == hashlib.sha256(CARD.encode()).hexdigest() != file["digest"]
    assert tree.salted_leaf(bytes.fromhex(detail["salt"]), file["sha256"]) == file["digest"]
