from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "hub.accounts"
    label = "accounts"

    def ready(self) -> None:
        from hub.accounts import describing, expected, schema  # noqa: F401  (the schema registers itself)
        from ledger.describing import register_called, register_label, register_readable
        from ledger.expecting import register_expected_rows, register_spoken_for

        register_label("acct", describing.labels)
        register_readable(describing.readable)
        register_called(describing.called)
        register_expected_rows("account.registered", expected.account_registered)
        register_expected_rows("account.erased", expected.account_erased)
        register_expected_rows("reviewer.granted", expected.reviewer_granted)
        register_expected_rows("reviewer.revoked", expected.reviewer_revoked)
        register_expected_rows("moderator.granted", expected.moderator_granted)
        register_expected_rows("moderator.revoked", expected.moderator_revoked)
        register_spoken_for(expected.PEOPLE)
