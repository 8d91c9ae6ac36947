from django.apps import AppConfig


class ExploreConfig(AppConfig):
    name = "hub.explore"
    label = "explore"

    def ready(self) -> None:
        from hub.explore.header import repository_header
        from web import slots

        slots.register("repository.header", repository_header)
