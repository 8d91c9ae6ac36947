from django.apps import AppConfig


class RepositoriesConfig(AppConfig):
    name = "hub.repositories"
    label = "repositories"
