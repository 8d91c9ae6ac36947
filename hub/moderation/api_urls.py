from django.urls import URLPattern, URLResolver, path

from hub.moderation import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("takedowns", api.TakedownsView.as_view(), name="api-takedowns"),
    path("redactions", api.RedactionsView.as_view(), name="api-redactions"),
]
