from typing import Any

from django.apps import AppConfig
from django.http import HttpRequest


def _header(request: HttpRequest, repository: Any) -> str:
    from hub.explore.header import repository_header

    return repository_header(request, repository)


class ExploreConfig(AppConfig):
    name = "hub.explore"
    label = "explore"

    def ready(self) -> None:
        from web import slots

        slots.register("repository.header", _header)
