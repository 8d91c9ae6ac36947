"""All addresses. Repository pages come last, because their first segment can be any handle."""

from django.urls import include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularJSONAPIView

# allauth's addresses end with a slash; people type them without.
_with_slash = RedirectView.as_view(
    url="/accounts/%(rest)s/", query_string=True, permanent=True, http_method_names=["get", "head"]
)

urlpatterns = [
    path("", include("web.urls")),
    path("", include("chain.urls")),
    path("", include("ledger.urls")),
    path("", include("hub.accounts.urls")),
    path("accounts/", include("allauth.account.urls")),
    re_path(r"^accounts/(?P<rest>[a-z-]+(?:/[a-z-]+)*)$", _with_slash),
    path("", include("rewards.urls")),
    path("", include("rewards.file_urls")),
    path("", include("hub.explore.urls")),
    path("", include("hub.reviews.urls")),
    path("", include("hub.moderation.urls")),
    path("api/v1/schema", SpectacularJSONAPIView.as_view(), name="schema"),
    path("api/v1/", include("ledger.api_urls")),
    path("api/v1/", include("hub.accounts.api_urls")),
    path("api/v1/", include("hub.uploads.api_urls")),
    path("api/v1/", include("hub.repositories.api_urls")),
    path("api/v1/", include("hub.contributions.api_urls")),
    path("api/v1/", include("hub.reviews.api_urls")),
    path("api/v1/", include("hub.moderation.api_urls")),
    path("api/v1/", include("rewards.api_urls")),
    path("", include("hub.contributions.urls")),
    path("", include("hub.repositories.urls")),
]
handler400 = "web.views.bad_request"
handler403 = "web.views.forbidden"
handler404 = "web.views.not_found"
handler500 = "web.views.server_error"
