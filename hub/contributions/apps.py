from django.apps import AppConfig


class ContributionsConfig(AppConfig):
    name = "hub.contributions"
    label = "contributions"
