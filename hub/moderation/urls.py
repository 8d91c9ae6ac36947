"""Pages of moderators, beside those of reviews."""

from django.urls import path

from hub.moderation import views

app_name = "moderation"
urlpatterns = [
    path("reviews/takedowns", views.list_takedowns, name="takedowns"),
    path("reviews/takedowns/new", views.take_down, name="take_down"),
    path("reviews/redactions/new", views.redact, name="redact"),
]
