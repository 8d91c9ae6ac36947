from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Joins the rooms once all are loaded."""

    name = "config"

    def ready(self) -> None:
        import config.celery  # noqa: F401  (tasks sent by this process need the application)
        from config.problems import PROBLEMS
        from web.api import register_problem

        for error, status, slug, title in PROBLEMS:
            register_problem(error, status, slug, title)
        _register_chain_figures()


def _register_chain_figures() -> None:
    """Here, because the chain room knows nothing of the pages."""
    from chain import figures
    from web.health import register_gauge, register_probe

    register_probe("chain", figures.must_answer)
    register_gauge("akashi_chain_up", "1 when a node of the configured chain answers, else 0", figures.answers)
    register_gauge("akashi_chain_block", "The newest block", figures.block_number)
    register_gauge("akashi_chain_block_age_seconds", "Seconds since the newest block", figures.block_age)
    register_gauge("akashi_operator_balance_wei", "What the operator's account holds", figures.operator_balance)
    register_gauge(
        "akashi_chain_transactions_open", "Transactions that are not final", figures.open_transactions, label="state"
    )
    register_gauge(
        "akashi_chain_events_open", "What is the matter with the chain", figures.lasting_events, label="kind"
    )
