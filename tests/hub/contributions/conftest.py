"""Alice's repositories, to which Bob proposes. Everything is made by the real services, in a blob store of its own."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Protocol

import pytest

from hub.accounts.models import Account
from hub.contributions.models import Contribution
from hub.contributions.services import open_contribution
from hub.repositories.models import Repository
from tests.hub.repositories.conftest import (  # noqa: F401 (fixtures)
    CARD,
    Create,
    Publish,
    _blobs,
    create,
    dataset,
    nobody,
    private,
    publish,
    texts,
)

CELLS = "id,area\n1,10\n2,20\n"


class Propose(Protocol):
    def __call__(self, files: dict[str, str | None] = ..., **fields: Any) -> Contribution: ...


class Clock(Protocol):
    def __call__(self) -> datetime: ...


@pytest.fixture
def later(now: datetime) -> Clock:
    """Moments after `now`, each a minute after the one before."""
    minutes = count(1)
    return lambda: now + timedelta(minutes=next(minutes))


@pytest.fixture
def cells(dataset: Repository, publish: Publish) -> Repository:  # noqa: F811
    """A dataset whose second revision has a table and a note."""
    publish(dataset, {"cells.csv": CELLS, "notes.txt": "one\n"})
    return dataset


@pytest.fixture
def propose(cells: Repository, bob: Account, later: Clock) -> Propose:
    """Bob proposes a table with another row, unless said otherwise."""

    def make(files: dict[str, str | None] | None = None, **fields: Any) -> Contribution:
        given = {
            "account": bob,
            "repository": cells,
            "title": "One more cell",
            "reason": "It was missing.",
            "kind": "data",
            "now": later(),
            **fields,
        }
        changes: Sequence[Any] = texts({"cells.csv": f"{CELLS}3,30\n"} if files is None else files)
        return open_contribution(changes=changes, **given)

    return make
