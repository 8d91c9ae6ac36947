from django.apps import AppConfig


class RepositoriesConfig(AppConfig):
    name = "hub.repositories"
    label = "repositories"

    def ready(self) -> None:
        from hub.repositories import (
            complete,
            describing,
            expected,
            own_data,
            publishers,
            recomputed,
            redacting,
            selectors,
            takedowns,
        )
        from hub.uploads.selectors import register_publisher, register_reader
        from hub.uploads.takedowns import register_forget, register_places
        from ledger.auditing import (
            register_addressed,
            register_expected_rows,
            register_recomputed,
            register_spoken_for,
            register_stray,
        )
        from ledger.describing import register_called, register_field, register_label, register_readable

        for event_type, rows in expected.EXPECTED.items():
            register_expected_rows(event_type, rows)
        for table in complete.SPOKEN_FOR:
            register_spoken_for(table)
        register_addressed(complete.TREES)
        register_recomputed("revision.published", recomputed.published_files)
        register_stray(recomputed.SALTED_LEAF, recomputed.stray_leaves)
        register_label("repo", describing.repository_labels)
        register_label("rev", describing.revision_labels)
        register_field("revision.published", "metrics", describing.metrics_field)
        register_readable(describing.readable)
        register_called(describing.called)
        register_reader(selectors.reads)
        register_publisher(publishers.has_published)
        redacting.register()
        register_places(takedowns.places)
        register_forget(takedowns.forget)
        own_data.register()
