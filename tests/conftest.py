"""People of the tests: Alice contributes, Bob maintains, Charlie is an outsider."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from django.conf import LazySettings
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from config import messages
from tests.services import Services
from tests.services import services as running_services

if TYPE_CHECKING:
    from hub.accounts.models import Account


# No test fails because the machine is busy.
hypothesis_settings.register_profile("akashi", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("akashi")


@pytest.fixture(scope="session", autouse=True)
def _translations() -> None:
    """Compiled as a start compiles them, so that no test sees older words or none."""
    for language in messages.LANGUAGES:
        messages.compile_catalogue(language)


@pytest.fixture(scope="session")
def servers() -> Services:
    """The running PostgreSQL, Valkey and EVM node."""
    return running_services


@pytest.fixture(autouse=True)
def _plain_static_files(settings: LazySettings) -> None:
    """Pages of tests name static files as they are; the hashed names come from `collectstatic`, which a start runs."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


@pytest.fixture
def now() -> datetime:
    """A fixed moment; services take the clock as an argument."""
    return datetime(2026, 11, 17, 9, 41, 7, 412000, tzinfo=UTC)


@pytest.fixture
def alice(db: None) -> "Account":
    from tests.hub.factories import make_account

    return make_account("alice")


@pytest.fixture
def bob(db: None) -> "Account":
    from tests.hub.factories import make_account

    return make_account("bob")


@pytest.fixture
def charlie(db: None) -> "Account":
    from tests.hub.factories import make_account

    return make_account("charlie")
