from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "hub.accounts"
    label = "accounts"

    def ready(self) -> None:
        from hub.accounts import describing, schema  # noqa: F401  (the schema registers itself)
        from ledger.describing import register_label, register_readable

        register_label("acct", describing.labels)
        register_readable(describing.readable)
