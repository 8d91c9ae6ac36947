from django.apps import AppConfig


class UploadsConfig(AppConfig):
    name = "hub.uploads"
    label = "uploads"

    def ready(self) -> None:
        from hub.uploads import expected, figures, own_data
        from ledger.auditing import register_expected_rows, register_stray

        register_expected_rows("content.taken_down", expected.taken_down)
        register_stray(expected.BLOB, expected.unsaid)
        own_data.register()
        figures.register()
