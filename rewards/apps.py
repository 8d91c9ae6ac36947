from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RewardsConfig(AppConfig):
    name = "rewards"

    def ready(self) -> None:
        from hub.accounts import tabs
        from ledger import auditing
        from rewards import events, expected, facts, figures, own_data, sentences, slots

        slots.register()
        sentences.register()
        facts.register()
        figures.register()
        own_data.register()
        auditing.register_related(events.related_to)
        for event_type, rows in expected.EXPECTED.items():
            auditing.register_expected_rows(event_type, rows)
        for table in expected.SPOKEN_FOR:
            auditing.register_spoken_for(table)
        auditing.register_addressed(expected.POLICIES)
        auditing.register_recomputed("distribution.proposed", expected.recomputed)
        tabs.register("wallet", _("Wallet"), "rewards:wallet")
