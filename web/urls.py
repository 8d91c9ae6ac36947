"""Addresses of the plumbing."""

from django.urls import URLPattern, URLResolver, path

from web import health, preferences, views
from web.styleguide import styleguide

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("preferences", preferences.choose, name="preferences"),
    path("styleguide", styleguide, name="styleguide"),
    path("problems", views.problem_types, name="problem-types"),
    path("problems/<slug:slug>", views.problem_type, name="problem-type"),
]
