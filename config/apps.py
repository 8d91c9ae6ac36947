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
