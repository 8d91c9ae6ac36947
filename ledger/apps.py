from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "ledger"

    def ready(self) -> None:
        from ledger import figures, sentences
        from ledger.views import footer_facts
        from web.slots import register

        sentences.register()
        figures.register()
        register("footer.facts", footer_facts)
