import pytest

from tests.contracts.machine import Anchor


@pytest.fixture
def anchor() -> Anchor:
    return Anchor()
