from django.apps import AppConfig


class UploadsConfig(AppConfig):
    name = "hub.uploads"
    label = "uploads"

    def ready(self) -> None:
        from hub.uploads import figures, own_data

        own_data.register()
        figures.register()
