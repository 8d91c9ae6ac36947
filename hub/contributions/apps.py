from django.apps import AppConfig


class ContributionsConfig(AppConfig):
    name = "hub.contributions"
    label = "contributions"

    def ready(self) -> None:
        from hub.contributions import describing, expected, own_data, recomputed, redacting, selectors
        from hub.contributions import slots as pages
        from hub.repositories.selectors import register_proposals
        from ledger.auditing import (
            register_expected_rows,
            register_recomputed,
            register_spoken_for,
            register_stray,
        )
        from ledger.describing import register_label, register_readable
        from web import slots

        for event_type, rows in expected.EXPECTED.items():
            register_expected_rows(event_type, rows)
        for table in expected.SPOKEN_FOR:
            register_spoken_for(table)
        for event_type in expected.VERSIONS:
            register_recomputed(event_type, recomputed.proposed)
        register_stray(expected.REVISION, recomputed.stray_revisions)
        register_label("contrib", describing.labels)
        register_readable(describing.readable)
        own_data.register()
        redacting.register()
        slots.register("revision.proposed", pages.proposed)
        slots.register("revision.coauthors", pages.coauthors)
        slots.register("person.sections", pages.of_person, order=-10)
        slots.register("me.sections", pages.of_me, order=10)
        register_proposals(selectors.newest_revision_id)
