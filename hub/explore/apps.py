from django.apps import AppConfig


class ExploreConfig(AppConfig):
    name = "hub.explore"
    label = "explore"
