from django.urls import path

from hub.accounts import api

app_name = "accounts-api"
urlpatterns = [
    path("accounts/me", api.Me.as_view(), name="me"),
    path("accounts/me/tokens", api.Tokens.as_view(), name="tokens"),
    path("accounts/me/tokens/<int:token_id>", api.OneToken.as_view(), name="token"),
    path("people/<str:name>", api.Person.as_view(), name="person"),
]
