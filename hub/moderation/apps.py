from django.apps import AppConfig


class ModerationConfig(AppConfig):
    name = "hub.moderation"
    label = "moderation"

    def ready(self) -> None:
        from hub import redactable
        from hub.moderation import describing, expected, own_data, slots
        from ledger.auditing import register_expected_rows
        from ledger.describing import register_readable

        register_readable(describing.readable)
        register_expected_rows("content.redacted", expected.redacted)
        redactable.register(describing.REMOVALS, "reason", lambda entry: None)
        own_data.register()
        slots.register()
