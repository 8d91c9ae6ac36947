"""Pages of repositories over HTTP: what they show, to whom, and that bad input is refused in words."""

import json
import re
import uuid
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.utils import timezone

from hub.accounts.models import Account
from hub.repositories import links, selectors
from hub.repositories.changes import Change
from hub.repositories.models import Reference, Repository, Revision
from hub.repositories.services import add_maintainer, publish_revision, withdraw
from hub.uploads.models import Blob, Upload
from hub.uploads.services import hold_bytes
from tests.hub.repositories.conftest import CARD, Create, Publish

pytestmark = pytest.mark.django_db
BASE = "/datasets/alice/cells"


@pytest.fixture
def page(client: Client, alice: Account) -> Client:
    """Alice's browser."""
    client.force_login(alice)
    return client


def text(response: Any) -> str:
    return str(response.content.decode())


def fields(html: str) -> dict[str, str]:
    """Hidden fields of a page, as a browser would send them back."""
    found = re.findall(r'<input type="hidden" name="([^"]+)"(?: value="([^"]*)")?', html)
    return {name: value.replace("&quot;", '"').replace("&#x27;", "'") for name, value in found}


@pytest.fixture
def rich(dataset: Repository, publish: Publish) -> Repository:
    """A dataset with a table, text, a picture, weights, Markdown in a folder, and odd names."""
    publish(
        dataset,
        {
            "cells.csv": "radius,class\n1.5,benign\n2.5,malignant\n",
            "docs/method.md": "# Method\n\nSee [the card](../README.md).\n",
            "src/train.py": "def train():\n    return '<b>'\n",
            "a b/c+#%.txt": "odd",
            "plot.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
            "blob.bin": "\x00\x01",
        },
        message="First files.",
        metrics=[{"name": "accuracy", "value": "0.940", "n": 569}],
    )
    publish(
        dataset,
        {
            "cells.csv": "radius,class,age\n1.5,benign,9\n2.5,malignant,8\n3.5,benign,7\n",
            "src/train.py": "def train():\n    return 1\n",
        },
        message="One more <sample>.",
        metrics=[{"name": "accuracy", "value": "0.979", "n": 570, "low": "0.96", "high": "0.99"}],
    )
    return dataset


PAGES = [
    "", "/tree", "/tree/main", "/tree/main/docs", "/tree/main/a%20b", "/blob/main/cells.csv", "/blob/main/docs/method.md",
    "/blob/main/src/train.py", "/blob/main/a%20b/c%2B%23%25.txt", "/blob/main/plot.svg", "/blob/main/blob.bin",
    "/commits/main", "/compare", "/compare/",
]  # fmt: skip


# --- reading -------------------------------------------------------------------------------------
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
    form = fields(text(page.get(f"{BASE}/edit")))
    assert page.get(f"{BASE}/upload").status_code == 200
    refused = page.post(
        f"{BASE}/upload", {**form, "uploads": "[]", "kind": "data", "message": "x", "remove": "README.md"}
    )
    assert refused.status_code == 302
    assert page.post(f"{BASE}/edit", {**form, "parent": "", "text": "# again\n"}).status_code == 409
    form = fields(text(page.get(f"{BASE}/edit")))
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


# --- bytes ---------------------------------------------------------------------------------------
def body(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def test_bytes_come_with_the_headers_that_clients_need(client: Client, rich: Repository) -> None:
    revision = Revision.objects.get(number=3)
    file = selectors.file_at(revision, "cells.csv")
    head = client.head(f"{BASE}/resolve/main/cells.csv")
    response = client.get(f"{BASE}/resolve/main/cells.csv")
    assert body(response) == selectors.read_bytes(file, 1_000)
    for each in (head, response):
        assert each["X-Repo-Commit"] == revision.commit
        assert each["ETag"] == f'"{file.sha256}"'
        assert each["Content-Length"] == str(file.size)
        assert each["X-Content-Type-Options"] == "nosniff"
        assert each["Content-Disposition"].startswith("attachment")
        assert "sandbox" in each["Content-Security-Policy"]
        assert not each.has_header("X-Linked-Etag")
    part = client.get(f"{BASE}/resolve/main/cells.csv", headers={"Range": "bytes=2-4"})
    assert (part.status_code, body(part)) == (206, b"diu")
    large = client.head(f"{BASE}/resolve/main/blob.bin")
    assert (large["X-Linked-Size"], large["X-Linked-Etag"]) == ("2", large["ETag"])


def test_what_has_a_commit_in_its_address_never_changes(client: Client, rich: Repository, private: Repository) -> None:
    commit = Revision.objects.get(number=3).commit
    assert "immutable" in client.head(f"{BASE}/resolve/{commit}/cells.csv")["Cache-Control"]
    assert client.head(f"{BASE}/resolve/main/cells.csv")["Cache-Control"] == "public, no-cache"
    client.force_login(private.owner)
    assert client.head("/datasets/alice/secret/resolve/main/README.md")["Cache-Control"] == "private, no-cache"


def test_pictures_keep_their_type_and_nothing_else_does(client: Client, rich: Repository) -> None:
    assert client.head(f"{BASE}/resolve/main/plot.svg")["Content-Type"] == "image/svg+xml"
    assert client.head(f"{BASE}/resolve/main/docs/method.md")["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize(
    ("address", "status", "code", "commit"),
    [
        ("/datasets/alice/nothing/resolve/main/a", 404, "RepoNotFound", False),
        (f"{BASE}/resolve/nothing/a", 404, "RevisionNotFound", False),
        (f"{BASE}/resolve/main/nothing", 404, "EntryNotFound", True),
        (f"{BASE}/resolve/main/docs", 404, "EntryNotFound", True),
        (f"{BASE}/resolve/main/{quote('データ.csv')}", 404, "EntryNotFound", True),
    ],
)
def test_refusals_are_readable_for_clients(
    client: Client, rich: Repository, address: str, status: int, code: str, commit: bool
) -> None:
    response = client.get(address)
    assert (response.status_code, response["X-Error-Code"]) == (status, code)
    assert response.json()["error"]
    assert response["X-Error-Message"].isascii()
    assert response.has_header("X-Repo-Commit") is commit


def test_a_token_opens_what_its_account_may_read(
    client: Client, private: Repository, alice: Account, bob: Account
) -> None:
    from tests.hub.factories import make_token

    address = "/datasets/alice/secret/resolve/main/README.md"
    read = {"Authorization": f"Bearer {make_token(alice, 'read')}"}
    assert client.head(address, headers=read).status_code == 200
    assert client.get(address, headers={"Authorization": f"Bearer {make_token(bob)}"}).status_code == 404
    bad = client.get(address, headers={"Authorization": "Bearer akashi_wrong"})
    assert (bad.status_code, bad["X-Error-Message"]) == (401, "Invalid credentials in Authorization header")


# --- making --------------------------------------------------------------------------------------
NEW = {
    "kind": "model",
    "owner": "alice",
    "name": "logistic",
    "summary": "Tells.",
    "licence": "MIT",
    "visibility": "public",
}


def test_a_new_repository_is_made_in_one_form(page: Client) -> None:
    assert page.get("/new?kind=model").status_code == 200
    response = page.post("/new", NEW)
    assert response["Location"] == "/alice/logistic/upload"
    made = Repository.objects.get()
    assert (made.kind, made.summary, made.licence) == ("model", "Tells.", "MIT")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "a b"}, "Use letters A to Z"),
        ({"name": ""}, "required"),
        ({"licence": "nonsense"}, "valid choice"),
        ({"owner": "bob"}, "valid choice"),
        ({"visibility": "gated"}, "valid choice"),
        ({"kind": "space"}, "valid choice"),
        ({"name": "Taken"}, "already has a repository"),
    ],
)
def test_a_bad_form_is_shown_again_with_words_beside_the_field(
    page: Client, create: Create, change: dict[str, str], words: str
) -> None:
    create("taken", kind="model")
    response = page.post("/new", {**NEW, **change})
    assert response.status_code == 422
    assert words in text(response)
    assert "Tells." in text(response)


@pytest.mark.parametrize("address", ["/new", f"{BASE}/edit", f"{BASE}/upload", f"{BASE}/settings"])
def test_changing_needs_an_account(client: Client, dataset: Repository, address: str) -> None:
    assert client.get(address)["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("act", ["edit", "upload", "settings"])
def test_changing_needs_the_right_to(client: Client, dataset: Repository, charlie: Account, act: str) -> None:
    client.force_login(charlie)
    assert client.get(f"{BASE}/{act}").status_code == 403
    assert client.post(f"{BASE}/{act}", {}).status_code == 403


# --- the card ------------------------------------------------------------------------------------
def test_the_card_is_edited_with_a_preview(page: Client, dataset: Repository) -> None:
    html = text(page.get(f"{BASE}/edit"))
    assert "alice published revision 2 of cells." in html
    form = {
        **fields(html),
        "licence": "CC-BY-4.0",
        "tags": "tabular, oncology",
        "text": CARD + "\n## More\n",
        "message": "Said more.",
    }
    preview = page.post(f"{BASE}/edit", {**form, "preview": "1"})
    assert '<h3 id="card-more">More</h3>' in text(preview)
    assert Revision.objects.count() == 1
    alone = page.post(f"{BASE}/edit/preview", form)
    assert "<html" not in text(alone)
    assert "More</h3>" in text(alone)
    assert page.post(f"{BASE}/edit", form)["Location"] == BASE
    revision = Revision.objects.get(number=2)
    assert (revision.message, revision.kind) == ("Said more.", "documentation")
    assert selectors.read_text(selectors.file_at(revision, "README.md"), 9_999) == CARD + "\n## More\n"


def test_fields_beside_the_text_change_its_front_matter(page: Client, dataset: Repository) -> None:
    form = fields(text(page.get(f"{BASE}/edit")))
    changed = {
        **form, "text": CARD, "licence": "MIT", "tags": "tabular", "datasets": "alice/cells\nbob/other", "base_model": "",
    }  # fmt: skip
    assert page.post(f"{BASE}/edit", changed).status_code == 302
    head = selectors.read_text(selectors.file_at(Revision.objects.get(number=2), "README.md"), 9_999)
    assert head.startswith(
        "---\nlicense: MIT\ntags:\n- tabular\npretty_name: Cell samples\ndatasets:\n- alice/cells\n- bob/other\n---\n"
    )


def test_a_card_with_broken_fields_is_shown_again(page: Client, dataset: Repository) -> None:
    form = fields(text(page.get(f"{BASE}/edit")))
    response = page.post(
        f"{BASE}/edit", {**form, "licence": "MIT", "tags": "", "text": "---\nlicense: [\n---\n# mine\n"}
    )
    assert response.status_code == 422
    assert "Line 3" in text(response)
    assert "# mine" in text(response)
    assert "Line 3" in text(page.post(f"{BASE}/edit/preview", {"text": "---\nlicense: [\n---\n"}))


def test_two_editors_do_not_overwrite_each_other(page: Client, dataset: Repository, publish: Publish) -> None:
    form = fields(text(page.get(f"{BASE}/edit")))
    publish(dataset, {"a": "1"})
    response = page.post(
        f"{BASE}/edit", {**form, "licence": "CC-BY-4.0", "tags": "tabular, oncology", "text": CARD + "x"}
    )
    assert response.status_code == 409
    assert "published in the meantime" in text(response)


# --- files ---------------------------------------------------------------------------------------
def stored(account: Account, path: str, content: bytes, now: datetime) -> str:
    """A finished upload of the account, as the widget writes it into its field."""
    blob = hold_bytes(account, content, now)
    upload = Upload.objects.create(
        account=account, purpose="revision", name=path, size=len(content), part_size=8, part_count=1, state="stored",
        claimed_sha256=blob.sha256, blob=blob, created=now, touched=now,
    )  # fmt: skip
    return json.dumps([{"path": path, "upload": str(upload.pk), "sha256": blob.sha256, "size": len(content)}])


def test_uploaded_files_become_a_revision(page: Client, rich: Repository, alice: Account, now: datetime) -> None:
    html = text(page.get(f"{BASE}/upload"))
    assert "alice published revision 4 of cells." in html
    assert 'data-purpose="revision:' in html
    form = {
        **fields(html), "uploads": stored(alice, "new/data.csv", b"a,b\n", now), "remove": ["blob.bin", "docs/method.md"],
        "kind": "data", "message": "Fewer files.", "metrics-0-name": "ROC AUC", "metrics-0-value": "0.99", "metrics-0-n": "570",
    }  # fmt: skip
    response = page.post(f"{BASE}/upload", form)
    revision = Revision.objects.get(number=4)
    assert response["Location"] == links.commit(revision)
    assert {path for path, _leaf in selectors.all_files(revision)} >= {"new/data.csv", "plot.svg"}
    assert selectors.file_or_none(revision, "blob.bin") is None
    assert revision.metrics == [{"name": "roc_auc", "value": "0.99", "better": "higher", "n": 570}]
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"message": ""}, "required"),
        ({"kind": "magic"}, "valid choice"),
        ({"uploads": "nonsense"}, "cannot be read"),
        ({"uploads": "[1]"}, "cannot be read"),
        ({"uploads": json.dumps([{"path": "a", "upload": str(uuid.uuid4())}])}, "not here, or not yours"),
        ({"remove": ["nothing"]}, "valid choice"),
        ({"metrics-0-name": "accuracy", "metrics-0-value": "97"}, "Shares are written as"),
        ({"metrics-1-name": "own", "metrics-1-value": "1"}, "higher or lower is better"),
        ({"metrics-0-on": "x"}, "valid choice"),
        ({}, "Nothing would change"),
        ({"parent": "0" * 64}, "in the meantime"),
    ],
)
def test_a_refused_revision_keeps_what_was_typed(
    page: Client, rich: Repository, change: dict[str, Any], words: str
) -> None:
    form = {**fields(text(page.get(f"{BASE}/upload"))), "uploads": "[]", "kind": "data", "message": "My reason."}
    response = page.post(f"{BASE}/upload", {**form, **change})
    assert response.status_code == 422
    assert words in text(response).replace("&#x27;", "'")
    assert "My reason." in text(response) or "message" in change
    assert Revision.objects.count() == 3


def test_more_rows_for_measurements_keep_what_was_typed(page: Client, rich: Repository) -> None:
    form = {**fields(text(page.get(f"{BASE}/upload"))), "message": "Why", "metrics-0-name": "accuracy", "more": "1"}
    html = text(page.post(f"{BASE}/upload", form))
    assert 'name="metrics-3-name"' in html
    assert 'value="accuracy"' in html
    assert page.post(f"{BASE}/upload", {**form, "metric_rows": "x"}).status_code == 400


def test_many_files_are_removed_by_typing_their_paths(page: Client, dataset: Repository, publish: Publish) -> None:
    files: dict[str, str | None] = {f"d/{n}": str(n) for n in range(201)}
    publish(dataset, files | {"a, b": "x"})
    html = text(page.get(f"{BASE}/upload"))
    assert 'name="remove_paths"' in html
    form = {**fields(html), "uploads": "[]", "kind": "data", "message": "Gone.", "remove_paths": "d\r\na, b\r\n"}
    assert page.post(f"{BASE}/upload", form).status_code == 302
    assert Revision.objects.get(number=3).file_count == 1


def test_a_model_can_say_on_which_data_it_was_measured(page: Client, dataset: Repository, create: Create) -> None:
    create("logistic", kind="model", card="---\ndatasets: alice/cells\n---\n# m\n")
    html = text(page.get("/alice/logistic/upload"))
    assert "alice/cells, revision 1" in html
    form = {
        **fields(html), "uploads": "[]", "kind": "evaluation", "message": "Measured.", "metrics-0-name": "accuracy",
        "metrics-0-value": "0.9", "metrics-0-on": dataset.head_id,
    }  # fmt: skip
    assert page.post("/alice/logistic/upload", form).status_code == 302
    assert Revision.objects.get(repository__name="logistic", number=2).metrics[0]["on"] == f"rev:{dataset.head_id}"


# --- settings ------------------------------------------------------------------------------------
def test_settings_show_the_sentences_that_will_be_public(page: Client, dataset: Repository) -> None:
    html = text(page.get(f"{BASE}/settings"))
    for sentence in ("alice made cells private.", "alice renamed cells to “…”.", "alice withdrew cells:"):
        assert sentence in html


def test_settings_are_changed_one_at_a_time(page: Client, dataset: Repository, bob: Account) -> None:
    def post(**data: str) -> int:
        dataset.refresh_from_db()
        return page.post(f"{links.repository(dataset)}/settings", data).status_code

    assert post(act="maintainer", handle="bob") == 302
    assert [row.account for row in dataset.maintainers.all()] == [bob]
    assert post(act="remove-maintainer", handle="bob") == 302
    assert post(act="visibility", visibility="private") == 302
    assert post(act="rename", name="renamed") == 302
    assert post(act="withdraw", reason="error", sure="renamed") == 302
    dataset.refresh_from_db()
    assert (dataset.name, dataset.visibility, dataset.maintainers.count()) == ("renamed", "private", 0)
    assert dataset.withdrawn is not None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"act": "rename", "name": "a b"}, "Use letters"),
        ({"act": "rename", "name": "cells"}, "this name already"),
        ({"act": "maintainer", "handle": "nobody"}, "no person here"),
        ({"act": "visibility", "visibility": "public"}, "this visibility already"),
        ({"act": "visibility", "visibility": "gated"}, "valid choice"),
        ({"act": "withdraw", "reason": "error", "sure": "other"}, "not the name"),
        ({"act": "withdraw", "reason": "whim", "sure": "cells"}, "valid choice"),
        ({"act": "nonsense"}, "Settings of cells"),
    ],
)
def test_settings_that_cannot_be_are_refused_in_words(
    page: Client, dataset: Repository, data: dict[str, str], words: str
) -> None:
    response = page.post(f"{BASE}/settings", data)
    assert words in text(response)
    dataset.refresh_from_db()
    assert (dataset.name, dataset.withdrawn) == ("cells", None)


# --- people --------------------------------------------------------------------------------------
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
