from django.apps import AppConfig


class HubConfig(AppConfig):
    name = "hub"

    def ready(self) -> None:
        from hub import events, sentences
        from ledger.auditing import register_related

        sentences.register()
        register_related(events.related_to)
