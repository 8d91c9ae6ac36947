from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    name = "hub.reviews"
    label = "reviews"

    def ready(self) -> None:
        from hub.reviews import describing, expected, own_data, redacting, slots
        from ledger.auditing import register_addressed, register_expected_rows, register_spoken_for
        from ledger.describing import register_readable

        for event_type, rows in expected.EXPECTED.items():
            register_expected_rows(event_type, rows)
        for table in expected.SPOKEN_FOR:
            register_spoken_for(table)
        register_addressed(expected.CHECKS)
        register_readable(describing.readable)
        own_data.register()
        redacting.register()
        slots.register()
