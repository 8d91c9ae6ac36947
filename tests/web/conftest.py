"""What the tests of the plumbing share."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from tests.web.receiver_site import Site
from tests.web.serving import Serving


@pytest.fixture
def reader(db: None) -> Any:
    """Somebody with an account."""
    return get_user_model().objects.create_user(username="reader", password="correct horse battery")


@pytest.fixture
def own_urls(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.web.urls"
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.fixture
def served(site: Site) -> Iterator[Serving]:
    """A receiver with a small application behind it, on a real uvicorn."""
    with Serving(site.receiver()) as serving:
        yield serving
