"""Reading repositories: by name, by revision, by folder, by word, by digest; and never more than one may see."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from hub.accounts.models import Account
from hub.repositories import links, selectors, tree
from hub.repositories.errors import BytesGone, DamagedTree, PathNotFound, RevisionNotFound
from hub.repositories.models import LineageEdge, Reference, Repository, Revision, Tree
from hub.repositories.services import add_maintainer
from hub.uploads.models import Blob
from hub.uploads.selectors import readable_blob
from tests.hub.repositories.conftest import CARD, Create, Publish
from web.errors import BadCursor

pytestmark = pytest.mark.django_db


# --- revisions -----------------------------------------------------------------------------------
def test_a_revision_has_many_names(dataset: Repository, publish: Publish) -> None:
    published = publish(dataset, {"a": "1"})
    Reference.objects.create(repository=dataset, kind="tag", name="v1.0/first", revision=published)
    for rev in (
        "main",
        "refs/heads/main",
        "v1.0/first",
        published.id,
        published.commit,
        published.id[:8],
        published.id[:12].upper(),
    ):
        assert selectors.revision_by_ref(dataset, rev) == published


@pytest.mark.parametrize("rev", ["", "nothing", "0" * 40, "0" * 64, "abc", "%", "main'"])
def test_a_revision_that_is_not_there_is_not_found(dataset: Repository, rev: str) -> None:
    with pytest.raises(RevisionNotFound):
        selectors.revision_by_ref(dataset, rev)


def test_a_commit_of_another_repository_is_not_found(dataset: Repository, create: Create) -> None:
    other = create("other")
    assert other.head is not None
    with pytest.raises(RevisionNotFound):
        selectors.revision_by_ref(dataset, other.head.commit)


def test_a_revision_of_a_hidden_repository_is_found_by_its_people_only(
    private: Repository, alice: Account, charlie: Account
) -> None:
    assert private.head is not None
    assert selectors.find_revision(private.head.id[:10], alice) == private.head
    assert selectors.find_revision(private.head.id[:10], charlie) is None
    with pytest.raises(RevisionNotFound):
        selectors.revision_by_id(None, private.head.id)


# --- folders and files ---------------------------------------------------------------------------
def test_a_folder_lists_folders_first_and_who_changed_each_file_last(dataset: Repository, publish: Publish) -> None:
    first = publish(dataset, {"b.csv": "1", "a.csv": "1", "z/y/x.csv": "123"})
    second = publish(dataset, {"a.csv": "2"})
    assert [item.name for item in selectors.list_directory(second)] == ["z", "a.csv", "b.csv", "README.md"]
    items = {item.name: item for item in selectors.list_directory(second)}
    assert (items["z"].type, items["z"].size) == ("tree", 3)
    assert items["a.csv"].changed is not None
    assert items["a.csv"].changed.revision == second
    assert items["b.csv"].changed is not None
    assert items["b.csv"].changed.revision == first
    old = {item.name: item for item in selectors.list_directory(first)}
    assert old["a.csv"].changed is not None
    assert old["a.csv"].changed.revision == first
    assert [item.path for item in selectors.list_directory(second, "z/y")] == ["z/y/x.csv"]


@pytest.mark.parametrize("path", ["nothing", "a.csv/b", "z", "../a.csv", "z//y", "a\\b", "z/y/x.csv/"])
def test_a_path_that_names_no_file_is_not_found(dataset: Repository, publish: Publish, path: str) -> None:
    published = publish(dataset, {"a.csv": "1", "z/y/x.csv": "1"})
    if path == "z/y/x.csv/":
        assert selectors.file_at(published, path).path == "z/y/x.csv"
        return
    with pytest.raises(PathNotFound):
        selectors.file_at(published, path)


def test_a_file_is_no_folder(dataset: Repository) -> None:
    assert dataset.head is not None
    with pytest.raises(PathNotFound):
        selectors.list_directory(dataset.head, "README.md")


def test_bytes_that_were_taken_down_are_gone_with_words(dataset: Repository) -> None:
    assert dataset.head is not None
    file = selectors.file_at(dataset.head, "README.md")
    assert selectors.read_text(file, 1_000) == CARD
    Blob.objects.filter(pk=file.sha256).update(taken_down=timezone.now())
    with pytest.raises(BytesGone):
        selectors.read_bytes(selectors.file_at(dataset.head, "README.md"), 10)


def test_bytes_that_are_missing_are_gone_too(dataset: Repository) -> None:
    assert dataset.head is not None
    file = selectors.file_at(dataset.head, "README.md")
    selectors.location(file).unlink()
    with pytest.raises(BytesGone):
        selectors.location(file)


def test_differences_between_any_two_revisions(dataset: Repository, publish: Publish) -> None:
    first = publish(dataset, {"a": "1", "b": "1"})
    publish(dataset, {"a": "2"})
    third = publish(dataset, {"b": None, "c": "3"})
    found = [(change.path, change.action) for change in selectors.changes_between(first, third).shown]
    assert found == [("a", "changed"), ("b", "removed"), ("c", "added")]
    back = [(change.path, change.action) for change in selectors.changes_between(third, first).shown]
    assert back == [("a", "changed"), ("b", "added"), ("c", "removed")]
    assert selectors.changes_between(first, first).shown == []


def test_all_directories_of_a_revision_prove_it(dataset: Repository, publish: Publish) -> None:
    published = publish(dataset, {"a/b/c": "1", "a/d": "2", "e/b/c": "1"})
    bodies = selectors.tree_bodies(published)
    digests = [tree.digest_of(body) for body in bodies]
    assert digests[0] == published.root_tree_id
    assert len(digests) == len(set(digests)) == 4


def test_a_folder_that_was_changed_in_the_database_is_not_served(dataset: Repository, publish: Publish) -> None:
    published = publish(dataset, {"a.csv": "1"})
    other = Tree.objects.exclude(pk=published.root_tree_id).earliest("pk")
    Tree.objects.filter(pk=published.root_tree_id).update(body=other.body)
    reads: list[Callable[[Revision], object]] = [
        selectors.list_directory,
        selectors.tree_bodies,
        lambda found: selectors.file_at(found, "a.csv"),
    ]
    for read in reads:
        with pytest.raises(DamagedTree):
            read(published)


def test_a_source_that_was_slipped_in_is_not_shown(dataset: Repository, create: Create) -> None:
    model = create("logistic", kind="model")
    assert model.head is not None
    assert dataset.head is not None
    LineageEdge.objects.create(revision=model.head, relation="trained_on", source=dataset.head)
    assert selectors.sources_of(model.head, None) == []
    assert selectors.uses_of(dataset.head, None) == []


# --- search --------------------------------------------------------------------------------------
def names(kind: str, text: str = "", viewer: Any = None, **more: Any) -> list[str]:
    return [found.name for found in selectors.search(kind, text, viewer=viewer, **more).items]


def card(title: str, text: str, licence: str = "mit", tags: str = "[]") -> str:
    return f"---\nlicense: {licence}\ntags: {tags}\npretty_name: {title}\n---\n\n# {title}\n\n{text}\n"


def test_words_are_found_in_any_language_and_order(create: Create) -> None:
    create("breast-cancer", card=card("Wisconsin", "Measurements of cell nuclei."))
    create("onsei", card=card("音声", "日本語の音声コーパス。"))
    create("yinpin", card=card("语音", "中文语音数据集。"))
    assert names("dataset", "NUCLEI cell") == ["breast-cancer"]
    assert names("dataset", "breast cancer") == ["breast-cancer"]
    assert names("dataset", "音声") == ["onsei"]
    assert names("dataset", "语音") == ["yinpin"]
    assert names("dataset", "breast onsei") == []
    assert names("model", "cell") == []
    assert names("", "wisconsin alice") == ["breast-cancer"]


def test_a_slip_of_the_finger_still_finds(create: Create) -> None:
    create("wisconsin-breast-cancer", card=card("Cells", "Text."))
    assert names("dataset", "wisconsn") == ["wisconsin-breast-cancer"]
    assert names("dataset", "unrelated") == []


def test_the_name_itself_comes_first(create: Create, now: datetime) -> None:
    create("iris", card=card("x", "y."))
    create("flowers", card=card("Iris and others", "iris iris iris."), now=now + timedelta(hours=1))
    assert names("dataset", "iris") == ["iris", "flowers"]
    assert names("dataset") == ["flowers", "iris"]


@pytest.mark.parametrize("text", ["%", "_", "\\", "'", '"', "a" * 5_000, "🧬", "(", "[:alpha:]"])
def test_signs_in_a_query_mean_themselves(create: Create, text: str) -> None:
    create("plain", card=card("x", "y."))
    assert names("dataset", text) in ([], ["plain"])
    assert names("dataset", "%") == []


def test_lists_narrow_by_licence_tag_and_owner(create: Create, bob: Account) -> None:
    create("one", card=card("x", "y.", "mit", "[a, b]"))
    create("two", card=card("x", "y.", "llama3", "[b]"), account=bob)
    assert names("dataset", licence="MIT") == ["one"]
    assert set(names("dataset", tag="b")) == {"one", "two"}
    assert names("dataset", tag="a") == ["one"]
    assert names("dataset", owner="BOB") == ["two"]
    found = selectors.facets("dataset", bob)
    assert (sorted(found.licences), found.tags) == (["MIT", "llama3"], ["b", "a"])


def test_lists_page_by_key_with_and_without_words(create: Create, now: datetime) -> None:
    for n in range(5):
        create(f"set-{n}", now=now + timedelta(minutes=n))
    for text in ("", "set"):
        first = selectors.search("dataset", text, viewer=None, size=3)
        rest = selectors.search("dataset", text, viewer=None, size=3, cursor=first.next_cursor)
        assert len({found.name for found in [*first.items, *rest.items]}) == 5
        assert not rest.next_cursor
    with pytest.raises(BadCursor):
        selectors.search("dataset", viewer=None, cursor="nonsense")


def test_hidden_repositories_are_in_no_list_of_others(
    private: Repository, alice: Account, bob: Account, charlie: Account
) -> None:
    add_maintainer(account=alice, repository=private, handle="bob")
    for viewer, found in ((alice, ["secret"]), (bob, ["secret"]), (charlie, []), (None, [])):
        assert names("dataset", viewer=viewer) == found
        assert names("dataset", "secret", viewer=viewer) == found
        assert [row.name for row in selectors.owned_by(alice, viewer)] == found
        assert selectors.facets("dataset", viewer).licences == (["CC-BY-4.0"] if found else [])


# --- digests -------------------------------------------------------------------------------------
def test_a_digest_leads_to_the_files_one_may_see(
    dataset: Repository, private: Repository, publish: Publish, alice: Account, charlie: Account, now: datetime
) -> None:
    publish(dataset, {"a.csv": "same bytes"})
    publish(private, {"b.csv": "same bytes"}, now=now + timedelta(hours=1))
    published = publish(private, {"c.csv": "other bytes"})
    same, other = (selectors.file_at(published, path).sha256 for path in ("b.csv", "c.csv"))
    assert [row.path for row in selectors.files_with_digest(same, alice)] == ["b.csv", "a.csv"]
    assert [row.path for row in selectors.files_with_digest(same, charlie)] == ["a.csv"]
    assert selectors.files_with_digest(other, charlie) == []
    assert readable_blob(charlie, same) is not None
    assert readable_blob(charlie, other) is None


def test_damaged_bytes_are_named_where_they_stand(dataset: Repository, publish: Publish) -> None:
    old = publish(dataset, {"a": "1"})
    new = publish(dataset, {"a": "2"})
    Blob.objects.filter(pk=selectors.file_at(old, "a").sha256).update(damaged=timezone.now())
    assert selectors.damaged_paths(old) == ["a"]
    assert selectors.damaged_paths(new) == []
    assert selectors.damaged_repositories([dataset.pk]) == {dataset.pk}


# --- people and lines ----------------------------------------------------------------------------
def test_people_are_those_who_own_maintain_or_published(
    dataset: Repository, publish: Publish, alice: Account, bob: Account, charlie: Account
) -> None:
    add_maintainer(account=alice, repository=dataset, handle="bob")
    add_maintainer(account=alice, repository=dataset, handle="charlie")
    publish(dataset, {"a": "1"}, account=charlie)
    found = [(p.account.username, p.owner, p.maintainer, p.revisions) for p in selectors.people_of(dataset)]
    assert found == [("alice", True, False, 1), ("bob", False, True, 0), ("charlie", False, True, 1)]
    assert selectors.people_counts([dataset.pk]) == {dataset.pk: 3}


def test_lines_of_revisions_are_told_oldest_first(dataset: Repository, publish: Publish) -> None:
    made = [dataset.head, *(publish(dataset, {"a": str(n)}) for n in range(4))]
    ids = [revision.id for revision in made if revision is not None]
    assert [revision.id for revision in selectors.latest_revisions(dataset, most=3)] == ids[-3:]
    assert [revision.id for revision in selectors.own_line(Revision.objects.get(number=3), most=2)] == ids[1:3]
    assert [revision.id for revision in selectors.histories([dataset.pk])[dataset.pk]] == ids
    entries = selectors.revisions_by_entry(dataset, [made[1].entry.uid] if made[1] else [])
    assert [revision.id for revision in entries.values()] == [ids[1]]


def test_uses_are_found_from_the_source(
    dataset: Repository, publish: Publish, create: Create, alice: Account, charlie: Account
) -> None:
    source = "---\ndatasets: alice/cells\n---\n# m\n"
    create("open", kind="model", card=source)
    create("closed", kind="model", card=source, visibility="private")
    newer = publish(dataset, {"a": "1"})
    assert {edge.revision.repository.name for edge in selectors.uses_of(newer, alice)} == {"open", "closed"}
    assert [edge.revision.repository.name for edge in selectors.uses_of(newer, charlie)] == ["open"]
    assert [found.name for found in selectors.used_by(dataset, charlie)] == ["open"]


def test_addresses_are_those_of_the_hugging_face_hub(dataset: Repository, create: Create) -> None:
    model = create("logistic", kind="model")
    assert links.repository(dataset) == "/datasets/alice/cells"
    assert links.resolve(model, "v1/x", "a b/c#.txt") == "/alice/logistic/resolve/v1%2Fx/a%20b/c%23.txt"


def test_many_changes_are_counted_and_the_first_are_shown(dataset: Repository, publish: Publish) -> None:
    first = dataset.head
    assert first is not None
    files: dict[str, str | None] = {f"{n:02}": str(n) for n in range(20)}
    second = publish(dataset, {**files, "README.md": "# Changed\n"})
    for found in (selectors.changes_of(second, 5), selectors.changes_between(first, second, 5)):
        assert [change.path for change in found.shown] == ["README.md", "00", "01", "02", "03"]
        assert (found.counts, found.more) == ({"added": 20, "changed": 1, "removed": 0}, 16)
