"""Publishing: one transaction of files, card, lineage, metrics and the entry; nothing of it without the rest."""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from hub import events
from hub.accounts.models import Account
from hub.errors import Invalid, NotAllowed
from hub.repositories import lineage, revision, selectors, tree, words
from hub.repositories.changes import Change, fold
from hub.repositories.errors import StaleParent
from hub.repositories.models import FileChange, LineageEdge, Reference, Repository, Revision, SaltedLeaf, Tree
from hub.repositories.services import change_visibility, edit_card, publish_revision
from hub.uploads.models import Holding
from hub.uploads.services import hold_bytes
from ledger.models import Details, Entry
from tests.hub.repositories.conftest import CARD, Create, Publish, texts

pytestmark = pytest.mark.django_db


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def entry_of(published: Revision) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(bytes(published.entry.body))
    return found


def paths(published: Revision) -> dict[str, str]:
    """What a reader finds: every path with the digest of its bytes."""
    return {path: selectors.file_at(published, path).sha256 for path, _leaf in selectors.all_files(published)}


# --- the words of both sides ---------------------------------------------------------------------
def test_log_and_repositories_know_the_same_words() -> None:
    assert set(lineage.RELATIONS) == set(events.RELATIONS)
    assert set(words.WORK_KINDS) == set(events.WORK_KINDS)
    assert set(words.VISIBILITIES) == set(events.VISIBILITIES)


# --- one revision --------------------------------------------------------------------------------
def test_a_new_repository_has_its_card_as_first_revision(dataset: Repository) -> None:
    head = dataset.head
    assert head is not None
    assert paths(head) == {"README.md": sha256(CARD)}
    assert (head.number, head.parent, head.licence, head.file_count) == (1, None, "CC-BY-4.0", 1)
    assert (dataset.summary, dataset.licence) == ("Measurements of 569 cell samples.", "CC-BY-4.0")
    assert dataset.tags == ["tabular", "oncology"]
    assert Reference.objects.get(repository=dataset).revision == head


def test_a_revision_is_the_object_that_its_id_names(dataset: Repository, publish: Publish, alice: Account) -> None:
    published = publish(
        dataset, {"cells.csv": "a,b\n1,2\n"}, metrics=[{"name": "accuracy", "value": "0.979", "n": 569}]
    )
    body = bytes(published.body)
    assert revision.revision_id(body) == published.id
    said = revision.decode(body)
    assert said.root_tree == published.root_tree_id
    assert said.parents == (published.parent_id,)
    assert (said.author, said.kind, said.salted) == (alice.pseudonym, "data", False)
    assert said.metrics == ({"name": "accuracy", "value": "0.979", "better": "higher", "n": 569},)
    assert (said.file_count, said.byte_count) == (2, len(CARD) + 8)


def test_the_entry_says_what_the_revision_is_without_names_or_words(
    dataset: Repository, publish: Publish, alice: Account
) -> None:
    published = publish(dataset, {"cells.csv": "a,b\n1,2\n"}, message="More cells.")
    entry = entry_of(published)
    assert (entry["type"], entry["subject"], entry["actor"]) == (
        "revision.published",
        f"rev:{published.id}",
        alice.actor,
    )
    assert entry["data"]["repo"] == f"repo:{dataset.pk}"
    assert entry["data"]["root_tree"] == published.root_tree_id
    assert entry["data"]["counts"] == {"files": 2, "bytes": len(CARD) + 8, "added": 1, "changed": 0, "removed": 0}
    text = bytes(published.entry.body).decode()
    assert not [word for word in ("cells", "More", "alice", "README") if word in text]
    assert json.loads(bytes(Details.objects.get(entry=published.entry).body or b"")) == {"message": "More cells."}


def test_what_changed_is_written_down_by_path(dataset: Repository, publish: Publish) -> None:
    publish(dataset, {"data/a.csv": "1", "data/b.csv": "2"})
    published = publish(dataset, {"data/a.csv": "one", "data/b.csv": None, "c.csv": "3"})
    rows = {
        row.path: (row.action, row.old_blob_id, row.blob_id, row.old_size, row.size) for row in published.changes.all()
    }
    assert rows == {
        "c.csv": ("added", None, sha256("3"), None, 1),
        "data/a.csv": ("changed", sha256("1"), sha256("one"), 1, 3),
        "data/b.csv": ("removed", sha256("2"), None, 1, None),
    }
    assert paths(published) == {"README.md": sha256(CARD), "data/a.csv": sha256("one"), "c.csv": sha256("3")}
    assert published.file_count == 3


def test_older_revisions_keep_their_files(dataset: Repository, publish: Publish) -> None:
    first = publish(dataset, {"a.csv": "1"})
    publish(dataset, {"a.csv": "2", "README.md": None})
    assert paths(first) == {"README.md": sha256(CARD), "a.csv": sha256("1")}


def test_folders_are_removed_whole_and_acts_count_in_their_order(
    dataset: Repository, publish: Publish, alice: Account, now: datetime
) -> None:
    publish(dataset, {"data/a": "1", "data/b": "2"})
    acts = [*texts({"data/c": "3"}), Change("data/"), *texts({"data/d": "4"})]
    published = publish_revision(account=alice, repository=dataset, changes=acts, message="", kind="data", now=now)
    assert set(paths(published)) == {"README.md", "data/d"}


def test_a_commit_of_one_file_writes_only_the_folders_on_its_path(dataset: Repository, publish: Publish) -> None:
    publish(dataset, {f"{n // 100:02}/{n // 10 % 10}/{n:04}": str(n) for n in range(300)})
    before = Tree.objects.count()
    publish(dataset, {"01/5/0157": "new"})
    assert Tree.objects.count() == before + 3
    assert FileChange.objects.filter(repository=dataset, number=3).count() == 1


def test_many_acts_in_one_change_cost_no_more_than_their_number() -> None:
    acts = [Change(f"a/{n}", content=b"") for n in range(100_000)] + [Change(f"a/{n}") for n in range(1, 100_000)]
    folded = fold(acts)
    assert set(folded.puts) == {"a/0"}
    assert len(folded.cleared) == 99_999
    folded = fold([*acts[:1_000], Change("a"), Change("b")])
    assert (folded.puts, folded.removals) == ({}, {"b"})


# --- refusals ------------------------------------------------------------------------------------
def test_nothing_is_left_of_a_revision_that_is_refused(dataset: Repository, publish: Publish) -> None:
    tables = (Entry, Revision, Tree, FileChange, Holding)
    before = [table.objects.count() for table in tables]
    with pytest.raises(Invalid) as refused:
        publish(dataset, {"new.csv": "1", "README.md": "---\nlicense: [\n---\n"})
    assert refused.value.field == "card"
    assert [table.objects.count() for table in tables] == before


@pytest.mark.parametrize(
    ("files", "field", "said"),
    [
        ({"../etc/passwd": "x"}, "changes", "lead out"),
        ({"weights.pkl": "x"}, "name", "Pickle"),
        ({"readme.md": "x"}, "changes", "capital letters"),
        ({"README.md/x": "x"}, "changes", "is a file"),
        ({"gone.csv": None}, "changes", "to remove"),
        ({"README.md": CARD}, "changes", "Nothing would change"),
        ({}, "changes", "Nothing would change"),
        ({"README.md": "---\nlicense: &x mit\n---\n"}, "card", "Line 2: Anchors"),
    ],
)
def test_what_cannot_be_published_is_refused_in_words(
    dataset: Repository, publish: Publish, files: dict[str, str | None], field: str, said: str
) -> None:
    with pytest.raises(Invalid) as refused:
        publish(dataset, files)
    assert refused.value.field == field
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"kind": "magic"}, "kind"),
        ({"message": "x" * 10_001}, "message"),
        ({"message": "a\x00b"}, "message"),
        ({"metrics": [{"name": "accuracy", "value": "97"}]}, "metrics.0.value"),
        ({"metrics": [{"name": "accuracy", "value": "0.9", "on": "a" * 64}]}, "metrics.0.on"),
    ],
)
def test_what_cannot_be_said_of_a_revision_is_refused_at_its_field(
    dataset: Repository, publish: Publish, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        publish(dataset, {"a.csv": "1"}, **given)
    assert refused.value.field == field


@pytest.mark.parametrize("content", [b"\xff\xfe", b"# cells\n\0"])
def test_a_card_must_be_text(dataset: Repository, alice: Account, now: datetime, content: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        publish_revision(
            account=alice, repository=dataset, changes=[Change("README.md", content=content)], message="",
            kind="documentation", now=now,
        )  # fmt: skip
    assert refused.value.field == "card"


def test_an_outsider_cannot_publish(dataset: Repository, publish: Publish, charlie: Account) -> None:
    with pytest.raises(NotAllowed):
        publish(dataset, {"a.csv": "1"}, account=charlie)


def test_somebody_who_was_overtaken_is_told(dataset: Repository, publish: Publish) -> None:
    seen = dataset.head_id
    publish(dataset, {"a.csv": "1"}, expected_parent=seen)
    with pytest.raises(StaleParent) as refused:
        publish(dataset, {"a.csv": "2"}, expected_parent=seen)
    assert "Revision 2" in str(refused.value)


def test_bytes_of_others_cannot_be_named_by_their_digest(
    dataset: Repository, alice: Account, bob: Account, now: datetime
) -> None:
    blob = hold_bytes(bob, b"patient records", now)
    with pytest.raises(Invalid) as refused:
        publish_revision(
            account=alice, repository=dataset, changes=[Change("records.csv", sha256=blob.sha256)], message="",
            kind="data", now=now,
        )  # fmt: skip
    assert "not here, or not yours" in str(refused.value)


def test_bytes_of_public_repositories_can_be_used_again(
    dataset: Repository, publish: Publish, create: Create, bob: Account, now: datetime
) -> None:
    publish(dataset, {"a.csv": "shared bytes"})
    other = create("copy", account=bob)
    published = publish_revision(
        account=bob, repository=other, changes=[Change("b.csv", sha256=sha256("shared bytes"))], message="", kind="data",
        now=now,
    )  # fmt: skip
    assert paths(published)["b.csv"] == sha256("shared bytes")


# --- metrics -------------------------------------------------------------------------------------
def test_a_new_card_keeps_the_measurements_and_new_data_does_not(
    dataset: Repository, publish: Publish, alice: Account, now: datetime
) -> None:
    measured = publish(dataset, {"a": "1"}, metrics=[{"name": "accuracy", "value": "0.94"}])
    edited = edit_card(account=alice, repository=dataset, text=CARD + "\nMore.\n", message="", now=now)
    assert edited.metrics == measured.metrics
    dataset.refresh_from_db()
    assert publish(dataset, {"a": "2"}).metrics == []


def test_measuring_again_is_a_revision_without_new_files(dataset: Repository, publish: Publish) -> None:
    published = publish(dataset, {}, kind="evaluation", metrics=[{"name": "accuracy", "value": "0.95"}])
    assert published.root_tree_id == published.parent.root_tree_id if published.parent else False
    assert published.changes.count() == 0


# --- lineage -------------------------------------------------------------------------------------
def model_card(**fields: str) -> str:
    lines = "".join(f"{key}: {value}\n" for key, value in fields.items())
    return f"---\nlicense: apache-2.0\n{lines}---\n\n# model\n"


def test_names_in_a_card_are_pinned_to_revisions(dataset: Repository, publish: Publish, create: Create) -> None:
    model = create("logistic", kind="model", card=model_card(datasets="[alice/cells]"))
    first = dataset.head
    assert model.head is not None
    (edge,) = model.head.sources.all()
    assert (edge.relation, edge.source) == ("trained_on", first)
    assert entry_of(model.head)["data"]["sources"] == [{"relation": "trained_on", "revision": f"rev:{dataset.head_id}"}]
    publish(dataset, {"new.csv": "1"})
    documented = publish(model, {"README.md": model_card(datasets="[alice/cells]") + "More."}, kind="documentation")
    assert documented.sources.get().source == first
    retrained = publish(model, {"weights": "1"}, kind="tuning")
    assert retrained.sources.get().source_id == dataset.head_id


def test_a_revision_can_be_named_exactly(dataset: Repository, publish: Publish, create: Create) -> None:
    first = dataset.head
    assert first is not None
    publish(dataset, {"new.csv": "1"})
    model = create("logistic", kind="model", card=model_card(datasets=f"alice/cells@{first.commit}"))
    assert model.head is not None
    assert model.head.sources.get().source == first
    with pytest.raises(Invalid) as refused:
        create("other", kind="model", card=model_card(datasets="alice/cells@" + "0" * 40))
    assert refused.value.field == "card"


def test_what_is_not_here_stays_an_outside_reference_to_what_was_written(create: Create) -> None:
    address = "https://archive.example/cells"
    model = create(
        "logistic", kind="model", card=model_card(datasets=f"[{address}, nobody/nothing]", base_model="gpt2")
    )
    assert model.head is not None
    rows = {(edge.relation, edge.outside_url, edge.outside_digest) for edge in model.head.sources.all()}
    assert rows == {
        ("derived_from", "gpt2", sha256("gpt2")),
        ("trained_on", address, sha256(address)),
        ("trained_on", "nobody/nothing", sha256("nobody/nothing")),
    }
    assert address not in bytes(model.head.entry.body).decode()


def test_what_a_private_repository_was_made_from_cannot_be_guessed(create: Create) -> None:
    address = "https://archive.example/cells"
    model = create("hidden", kind="model", visibility="private", card=model_card(datasets=address))
    assert model.head is not None
    edge = model.head.sources.get()
    assert edge.outside_url == address
    assert edge.outside_digest == hashlib.sha256(bytes(model.salt) + bytes.fromhex(sha256(address))).hexdigest()
    assert sha256(address) not in bytes(model.head.entry.body).decode()


def test_a_private_source_of_others_is_as_unknown_as_any_name(
    private: Repository, create: Create, bob: Account
) -> None:
    model = create("logistic", kind="model", card=model_card(datasets="alice/secret"), account=bob)
    assert model.head is not None
    assert model.head.sources.get().source is None


def test_a_private_source_is_hidden_from_those_who_may_not_see_it(
    private: Repository, create: Create, alice: Account, charlie: Account
) -> None:
    model = create("logistic", kind="model", card=model_card(datasets="alice/secret"))
    assert model.head is not None
    (own,) = selectors.sources_of(model.head, alice)
    assert own.source == private.head
    (hidden,) = selectors.sources_of(model.head, charlie)
    assert hidden.source is None
    assert "secret" not in hidden.outside_url


def test_naming_oneself_is_no_source(create: Create) -> None:
    model = create("logistic", kind="model", card=model_card(base_model="alice/logistic"))
    assert model.head is not None
    assert not model.head.sources.exists()


def test_all_edges_together_have_no_circle(dataset: Repository, create: Create, publish: Publish) -> None:
    model = create("logistic", kind="model", card=model_card(datasets="alice/cells"))
    publish(dataset, {"README.md": CARD.replace("tags:", "base_model: alice/logistic\ntags:")})
    publish(model, {"w": "2"}, kind="tuning")
    publish(dataset, {"x": "2"})
    rows = LineageEdge.objects.filter(source__isnull=False).values_list("revision_id", "source_id", "relation")
    links = [lineage.Link(user, source, relation) for user, source, relation in rows]
    assert len(links) == 4
    assert lineage.find_cycle(links) == []


# --- repositories that are not public ------------------------------------------------------------
def test_ids_of_a_private_repository_reveal_nothing_about_its_bytes(private: Repository, publish: Publish) -> None:
    published = publish(private, {"patients.csv": "one row"})
    member = tree.find(
        lambda ds: {d: bytes(Tree.objects.get(pk=d).body) for d in ds}, published.root_tree_id, "patients.csv"
    )
    assert member.digest == tree.salted_leaf(bytes(private.salt), sha256("one row"))
    assert revision.decode(bytes(published.body)).salted
    assert sha256("one row").encode() not in bytes(published.entry.body)
    assert paths(published)["patients.csv"] == sha256("one row")
    assert [change.action for change in selectors.changes_of(published).shown] == ["added"]


def test_a_change_of_visibility_changes_the_form_of_the_next_revision(
    private: Repository, publish: Publish, alice: Account, now: datetime
) -> None:
    closed = publish(private, {"a.csv": "1", "b/c.csv": "2"})
    change_visibility(account=alice, repository=private, visibility="public", now=now)
    opened = publish(private, {"a.csv": "one"})
    assert (closed.salted, opened.salted) == (True, False)
    assert paths(closed)["b/c.csv"] == paths(opened)["b/c.csv"] == sha256("2")
    assert [(change.path, change.action) for change in selectors.changes_of(opened).shown] == [("a.csv", "changed")]
    assert [c.path for c in selectors.changes_between(closed, opened).shown] == ["a.csv"]
    change_visibility(account=alice, repository=private, visibility="private", now=now)
    again = publish(private, {"d.csv": "3"})
    assert again.salted
    assert set(paths(again)) == {"README.md", "a.csv", "b/c.csv", "d.csv"}
    assert SaltedLeaf.objects.filter(repository=private).count() >= 4


def test_equal_bytes_in_two_private_repositories_have_nothing_in_common(create: Create) -> None:
    first, second = (create(name, visibility="private") for name in ("one", "two"))
    assert first.head is not None
    assert second.head is not None
    assert first.head.root_tree_id != second.head.root_tree_id


def test_a_salt_that_was_published_is_never_used_again(
    private: Repository, publish: Publish, alice: Account, now: datetime
) -> None:
    first = publish(private, {"a.csv": "1"})
    change_visibility(account=alice, repository=private, visibility="public", now=now)
    published = bytes(private.salt).hex()
    assert published in bytes(Entry.objects.latest("id").body).decode()
    change_visibility(account=alice, repository=private, visibility="private", now=now)
    second = publish(private, {"b.csv": "2"})
    assert bytes(first.salt or b"").hex() == published
    assert bytes(second.salt or b"").hex() != published
    leaves = dict(selectors.all_files(second))
    assert leaves["a.csv"].digest == tree.salted_leaf(bytes(second.salt or b""), sha256("1"))
    assert paths(second) == {"README.md": sha256(CARD), "a.csv": sha256("1"), "b.csv": sha256("2")}
    assert [change.path for change in selectors.changes_of(second).shown] == ["b.csv"]
    assert [change.path for change in selectors.changes_between(first, second).shown] == ["b.csv"]


# --- time ----------------------------------------------------------------------------------------
def test_rows_and_entry_hold_the_same_moment(dataset: Repository, publish: Publish, now: datetime) -> None:
    published = publish(dataset, {"a": "1"}, now=now + timedelta(microseconds=987))
    published.refresh_from_db()
    dataset.refresh_from_db()
    assert published.published == published.entry.time == dataset.changed == now
