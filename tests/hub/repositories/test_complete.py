"""Rows that were slipped in past the log, and directories that were changed, are found from their side."""

from collections.abc import Callable

import pytest

from hub.accounts.models import Account
from hub.repositories.models import LineageEdge, Reference, Repository, Revision, Tree
from ledger.models import Entry
from ledger.unsaid import find_unsaid
from tests.hub.repositories.conftest import Create, Publish

pytestmark = pytest.mark.django_db
OUTSIDE = "https://archive.example/cells"


@pytest.fixture
def model(create: Create, publish: Publish) -> Repository:
    publish(create("cells"), {"folder/cells.csv": "1"})
    card = f"---\nlicense: mit\ndatasets: [alice/cells, {OUTSIDE}]\n---\n\n# m\n"
    found = create("m", kind="model", card=card)
    publish(found, {"w": "1"}, kind="model")
    create("secret", visibility="private")
    return found


def head_of(repository: Repository) -> Revision:
    assert repository.head is not None
    return repository.head


def another_repository(model: Repository) -> None:
    model.pk, model.name = "00000000-0000-4000-8000-000000000000", "other"
    model.entry = Entry.objects.filter(type="account.registered").latest("id")
    model.save(force_insert=True)


def another_revision(model: Repository) -> None:
    revision = head_of(model)
    revision.pk, revision.number, revision.message = "f" * 64, 99, "Never said."
    revision.entry = Entry.objects.filter(type="account.registered").latest("id")
    revision.save(force_insert=True)


def another_branch(model: Repository) -> None:
    Reference.objects.create(repository=model, kind="branch", name="secret-words", revision=head_of(model))


def another_source(model: Repository) -> None:
    LineageEdge.objects.create(
        revision=head_of(model), relation="merge", source=head_of(Repository.objects.get(name="cells"))
    )


def another_outside_source(model: Repository) -> None:
    LineageEdge.objects.create(revision=head_of(model), relation="merge", outside_digest="a" * 64, outside_url=OUTSIDE)


def another_account(model: Repository) -> None:
    owner = model.owner
    owner.pk, owner.pseudonym, owner.username, owner.email = None, "0" * 32, "mallory", "m@example.org"
    owner.save(force_insert=True)


def another_directory(model: Repository) -> None:
    Tree.objects.filter(pk=head_of(model).root_tree_id).update(body=b'{"members":[]}')


def findings() -> list[tuple[str, str]]:
    return [(finding.table, finding.column) for finding in find_unsaid()]


def test_what_services_made_is_spoken_for(model: Repository, bob: Account) -> None:
    assert findings() == []


@pytest.mark.parametrize(
    ("slip_in", "table", "column"),
    [
        (another_repository, "repositories.Repository", "(no entry)"),
        (another_revision, "repositories.Revision", "(no entry)"),
        (another_branch, "repositories.Reference", "(no entry)"),
        (another_source, "repositories.LineageEdge", "(no entry)"),
        (another_outside_source, "repositories.LineageEdge", "(no entry)"),
        (another_account, "accounts.Account", "(no entry)"),
        (another_directory, "repositories.Tree", "(bytes)"),
    ],
)
def test_what_was_slipped_in_is_found(
    model: Repository, slip_in: Callable[[Repository], None], table: str, column: str
) -> None:
    slip_in(model)
    assert findings() == [(table, column)]


def test_words_do_not_get_into_public_by_being_slipped_in(model: Repository) -> None:
    another_branch(model)
    [finding] = find_unsaid()
    assert "secret-words" not in finding.key + finding.expected + finding.found
