from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RewardsConfig(AppConfig):
    name = "rewards"

    def ready(self) -> None:
        from hub.accounts import tabs
        from rewards import slots

        slots.register()
        tabs.register("wallet", _("Wallet"), "rewards:wallet")
