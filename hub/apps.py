from django.apps import AppConfig


class HubConfig(AppConfig):
    name = "hub"

    def ready(self) -> None:
        from hub import events, facts, sentences
        from ledger.auditing import register_related

        sentences.register()
        facts.register()
        register_related(events.related_to)
