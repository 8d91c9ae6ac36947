from django.urls import path

from hub.accounts import views

app_name = "accounts"
urlpatterns = [
    path("settings", views.index, name="settings"),
    path("settings/profile", views.profile, name="profile"),
    path("settings/display", views.display, name="display"),
    path("settings/tokens", views.tokens, name="tokens"),
    path("settings/tokens/<int:token_id>/revoke", views.revoke, name="revoke"),
    path("settings/security", views.security, name="security"),
    path("settings/data", views.data, name="data"),
    path("settings/data/export", views.export, name="export"),
    path("settings/erase", views.erase, name="erase"),
]
