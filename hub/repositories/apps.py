from django.apps import AppConfig


class RepositoriesConfig(AppConfig):
    name = "hub.repositories"
    label = "repositories"

    def ready(self) -> None:
        from hub.repositories import describing, expected, own_data, selectors
        from hub.uploads.selectors import register_reader
        from ledger.auditing import register_expected_rows
        from ledger.describing import register_label, register_readable

        for event_type, rows in expected.EXPECTED.items():
            register_expected_rows(event_type, rows)
        register_label("repo", describing.repository_labels)
        register_label("rev", describing.revision_labels)
        register_readable(describing.readable)
        register_reader(selectors.reads)
        own_data.register()
