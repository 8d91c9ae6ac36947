"""What lineage pages show: the drawing and its list tell of the same works."""

from datetime import datetime

import pytest

from hub.accounts.models import Account
from hub.explore.origins import Origins, origins
from hub.repositories import links
from hub.repositories.changes import Change
from hub.repositories.models import Repository
from hub.repositories.services import create_repository, publish_revision

OUTSIDE = "https://example.org/data"


def change_card(account: Account, repository: Repository, front: str, now: datetime) -> None:
    card = f"---\nlicense: mit\n{front}\n---\n# x\n"
    publish_revision(
        account=account, repository=repository, changes=[Change("README.md", content=card.encode())], message="Why.",
        kind="model", now=now,
    )  # fmt: skip
    repository.refresh_from_db()


def told(found: Origins) -> set[str]:
    return {row.url or row.name for row in found.rows}


def drawn(found: Origins, head_url: str) -> set[str]:
    return {node.url or node.name for node in found.nodes} - {head_url}


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_drawing_and_list_show_the_same_works(model: Repository, owner: Account, now: datetime, depth: int) -> None:
    data = create_repository(
        account=owner, kind="dataset", name="cells", visibility="public", now=now,
        card=f"---\nlicense: mit\ndatasets: [{OUTSIDE}]\n---\n# cells\n",
    )  # fmt: skip
    for front in ("datasets: [alice/cells]", "tags: [a]", "tags: [b]", "tags: [c]", "datasets: [https://a.example/b]"):
        change_card(owner, model, front, now)
    head = model.head
    assert head is not None
    assert data.head is not None
    found = origins(head, owner, depth=depth)
    assert told(found) == drawn(found, links.commit(head))
    assert links.commit(model.revisions.get(number=1)) in told(found)
    assert (links.commit(data.head) in told(found)) is False  # revision 3 is neither the first nor among the last four
    assert found.edges[0].verb == "2 between"


def test_a_source_of_an_earlier_revision_says_whose_it_was(model: Repository, owner: Account, now: datetime) -> None:
    create_repository(
        account=owner, kind="dataset", name="cells", visibility="public", now=now,
        card=f"---\nlicense: mit\ndatasets: [{OUTSIDE}]\n---\n# cells\n",
    )  # fmt: skip
    change_card(owner, model, "datasets: [alice/cells]", now)
    change_card(owner, model, "tags: [a]", now)
    head = model.head
    assert head is not None
    found = origins(head, owner, depth=2)
    assert told(found) == drawn(found, links.commit(head))
    assert [row.relation for row in found.rows] == [
        "earlier revision", "earlier revision", "earlier revision", "trained on (revision 3)",
        "derived from (cells, revision 1)",
    ]  # fmt: skip
