"""Pages of repositories over HTTP: what they show, and to whom."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from hub.accounts.models import Account
from hub.repositories import links, selectors
from hub.repositories.changes import Change
from hub.repositories.models import Reference, Repository, Revision
from hub.repositories.services import add_maintainer, publish_revision, withdraw
from hub.uploads.models import Blob
from tests.hub.repositories.conftest import Create, Publish
from tests.hub.repositories.paging import BASE, fields, text

pytestmark = pytest.mark.django_db

PAGES = [
    "", "/tree", "/tree/main", "/tree/main/docs", "/tree/main/a%20b", "/blob/main/cells.csv", "/blob/main/docs/method.md",
    "/blob/main/src/train.py", "/blob/main/a%20b/c%2B%23%25.txt", "/blob/main/plot.svg", "/blob/main/blob.bin",
    "/commits/main", "/compare", "/compare/",
]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_whole_without_an_account_or_script(client: Client, rich: Repository, path: str) -> None:
    response = client.get(BASE + path)
    assert response.status_code == 200
    html = text(response)
    assert html.count("<h1") == 1
    assert " style=" not in html
    assert not re.search(r"<script(?![^>]*src=)", html)
    assert "alice" in html


@pytest.mark.parametrize("path", ["", "/tree/main", "/blob/main/README.md", "/commits/main", "/resolve/main/README.md"])
def test_a_private_repository_is_not_there_for_others(
    client: Client, private: Repository, alice: Account, bob: Account, charlie: Account, path: str
) -> None:
    add_maintainer(account=alice, repository=private, handle="bob")
    address = f"/datasets/alice/secret{path}"
    assert client.get(address).status_code == 404
    client.force_login(charlie)
    assert client.get(address).status_code == 404
    client.force_login(bob)
    assert client.head(address).status_code == 200


@pytest.mark.parametrize("path", ["", "/tree/main", "/resolve/main/README.md"])
def test_a_withdrawn_repository_is_gone(
    client: Client, dataset: Repository, alice: Account, now: datetime, path: str
) -> None:
    withdraw(account=alice, repository=dataset, reason="error", now=now)
    assert client.get(BASE + path).status_code == 410


@pytest.mark.parametrize(
    "path",
    [
        "/tree/nothing", "/tree/main/nothing", "/blob/main/nothing.csv", "/blob/main", "/blob/main/docs", "/tree/main/cells.csv",
        "/commit/0000000000", "/commit/zzz", "/commits/nothing", "/compare/main..nothing", "/compare/x..y", "/blob/main/..%2F..",
        "/blob/main/%00", "/tree/main?start=x", "/compare?a=x&b=y",
    ],
)  # fmt: skip
def test_what_is_not_there_is_refused_in_words(client: Client, rich: Repository, path: str) -> None:
    response = client.get(BASE + path)
    assert response.status_code in {400, 404}
    assert "<h1" in text(response)


def test_the_card_is_shown_with_its_facts(client: Client, rich: Repository) -> None:
    html = text(client.get(BASE))
    assert "Measurements of 569 cell samples." in html
    assert "CC-BY-4.0" in html
    assert "0.979" in html
    assert "0.039" in html
    assert f"curl -LO http://testserver{BASE}/resolve/main/" in html


def test_model_and_dataset_of_one_name_are_two_pages(client: Client, dataset: Repository, create: Create) -> None:
    create("cells", kind="model", card="# other\n\nA model.\n")
    assert "A model." in text(client.get("/alice/cells"))
    assert "569 cell samples" in text(client.get(BASE))
    assert "569 cell samples" in text(client.get("/datasets/ALICE/Cells"))


def test_previews_show_what_a_file_is(client: Client, rich: Repository) -> None:
    table = text(client.get(f"{BASE}/blob/main/cells.csv"))
    assert "<td>malignant</td>" in table
    source = text(client.get(f"{BASE}/blob/{rich.revisions.get(number=2).commit}/src/train.py"))
    assert "&lt;b&gt;" in source
    assert "not the latest" in source
    markdown = text(client.get(f"{BASE}/blob/main/docs/method.md"))
    assert f'href="{BASE}/blob/main/README.md"' in markdown
    assert f'src="{BASE}/resolve/main/plot.svg"' in text(client.get(f"{BASE}/blob/main/plot.svg"))
    assert "not text" in text(client.get(f"{BASE}/blob/main/blob.bin"))


def test_weights_are_shown_by_their_header(client: Client, dataset: Repository, alice: Account, now: datetime) -> None:
    import numpy as np
    from safetensors.numpy import save

    weights = save({"weights": np.zeros((2, 30))}, {"kind": "linear"})
    for path, content in (("good.safetensors", weights), ("bad.safetensors", b"\xff" * 20)):
        publish_revision(
            account=alice,
            repository=dataset,
            changes=[Change(path, content=content)],
            message="",
            kind="model",
            now=now,
        )
    good = text(client.get(f"{BASE}/blob/main/good.safetensors"))
    assert "2 × 30" in good
    assert "linear" in good
    assert "cannot be read as safetensors" in text(client.get(f"{BASE}/blob/main/bad.safetensors"))


def test_bytes_that_are_gone_are_said_to_be_gone(client: Client, rich: Repository) -> None:
    assert rich.head is not None
    file = selectors.file_at(Revision.objects.get(number=3), "cells.csv")
    Blob.objects.filter(pk=file.sha256).update(taken_down=timezone.now())
    assert "taken down" in text(client.get(f"{BASE}/blob/main/cells.csv"))
    assert client.get(f"{BASE}/resolve/main/cells.csv").status_code == 410
    assert client.get(f"{BASE}/commit/{Revision.objects.get(number=3).commit}").status_code == 200


def test_a_card_whose_bytes_are_gone_can_be_written_anew(page: Client, dataset: Repository) -> None:
    Blob.objects.update(taken_down=timezone.now())
    assert "taken down" in text(page.get(BASE))
    form = {**fields(text(page.get(f"{BASE}/edit"))), "message": "The bytes are gone."}
    assert page.get(f"{BASE}/upload").status_code == 200
    refused = page.post(
        f"{BASE}/upload", {**form, "uploads": "[]", "kind": "data", "message": "x", "remove": "README.md"}
    )
    assert refused.status_code == 302
    assert page.post(f"{BASE}/edit", {**form, "parent": "", "text": "# again\n"}).status_code == 409
    form |= fields(text(page.get(f"{BASE}/edit"))) | {"message": "Written anew."}
    assert page.post(f"{BASE}/edit", {**form, "text": "# again\n"}).status_code == 302


def test_a_revision_tells_what_who_why_and_what_changed(client: Client, rich: Repository) -> None:
    revision = Revision.objects.get(number=3)
    html = text(client.get(f"{BASE}/commit/{revision.commit}"))
    assert "One more &lt;sample&gt;." in html
    assert "published" in html
    assert revision.root_tree_id in html
    assert "0.039 better" in html
    assert "added: age" in html
    assert '<tr class="diff-removed">' in html
    assert '<tr class="diff-added">' in html
    first = text(client.get(f"{BASE}/commit/{Revision.objects.get(number=1).id}"))
    assert "1 added, 0 changed, 0 removed" in first


def test_two_revisions_stand_beside_each_other(client: Client, rich: Repository) -> None:
    first, third = (Revision.objects.get(number=n) for n in (1, 3))
    chosen = client.get(f"{BASE}/compare?a={first.commit}&b=main")
    assert chosen.status_code == 302
    html = text(client.get(chosen["Location"]))
    assert "6 added, 0 changed, 0 removed" in html
    back = text(client.get(links.compare(rich, third.commit, first.commit)))
    assert "0 added, 0 changed, 6 removed" in back
    assert "Identical" in text(client.get(links.compare(rich, third.commit, "main")))


def test_the_newest_change_is_what_one_compares_first(client: Client, rich: Repository, create: Create) -> None:
    first, second, third = selectors.latest_revisions(rich)
    chosen = re.findall(r'value="([0-9a-f]+)" selected', text(client.get(f"{BASE}/compare")))
    assert chosen == [second.commit, third.commit]
    assert first.commit not in chosen
    create("alone")
    assert "Nothing to compare yet" in text(client.get("/datasets/alice/alone/compare"))


def test_branches_may_have_slashes_in_their_names(client: Client, rich: Repository) -> None:
    Reference.objects.create(repository=rich, kind="branch", name="try/one", revision=Revision.objects.get(number=2))
    for rev in ("try/one", "try%2Fone", "refs/heads/try/one"):
        assert "benign" in text(client.get(f"{BASE}/blob/{rev}/cells.csv"))
        assert client.head(f"{BASE}/resolve/{rev}/cells.csv")["X-Repo-Commit"] == Revision.objects.get(number=2).commit


def test_long_folders_and_long_histories_come_in_pages(client: Client, dataset: Repository, publish: Publish) -> None:
    publish(dataset, {f"{n:03}.txt": str(n) for n in range(205)})
    first = text(client.get(f"{BASE}/tree/main"))
    assert ">199.txt<" in first
    assert ">204.txt<" not in first
    assert ">204.txt<" in text(client.get(f"{BASE}/tree/main?start=200"))
    for n in range(32):
        publish(dataset, {"x": str(n)})
    page = text(client.get(f"{BASE}/commits/main"))
    (cursor,) = re.findall(r'rel="next" href="\?cursor=([^"]+)"', page)
    assert "Revision 1<" in text(client.get(f"{BASE}/commits/main?cursor={cursor}"))
    assert client.get(f"{BASE}/commits/main?cursor=nonsense").status_code == 400


def test_people_see_the_acts_that_are_theirs(
    client: Client, dataset: Repository, alice: Account, charlie: Account
) -> None:
    client.force_login(charlie)
    assert f"{BASE}/edit" not in text(client.get(BASE))
    client.force_login(alice)
    assert f"{BASE}/edit" in text(client.get(BASE))


def test_a_page_costs_the_same_whatever_the_repository_holds(
    client: Client, dataset: Repository, publish: Publish, now: datetime, django_assert_max_num_queries: Any
) -> None:
    publish(dataset, {f"{n}/{n}": str(n) for n in range(30)}, now=now + timedelta(minutes=1))
    for path in ("/tree/main", "/commits/main", ""):
        client.get(BASE + path)
        with django_assert_max_num_queries(45):
            client.get(BASE + path)
