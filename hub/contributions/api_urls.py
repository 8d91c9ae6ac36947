from django.urls import URLPattern, URLResolver, path

from hub.contributions import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("contributions", api.ContributionsView.as_view(), name="api-contributions"),
    path("contributions/<uuid:id>", api.ContributionView.as_view(), name="api-contribution"),
    path("contributions/<uuid:id>/versions", api.VersionsView.as_view(), name="api-contribution-versions"),
    path("contributions/<uuid:id>/join", api.JoinView.as_view(), name="api-contribution-join"),
    path("contributions/<uuid:id>/rebase", api.RebaseView.as_view(), name="api-contribution-rebase"),
    path("contributions/<uuid:id>/withdraw", api.WithdrawView.as_view(), name="api-contribution-withdraw"),
    path("contributions/<uuid:id>/changes", api.ContributionChangesView.as_view(), name="api-contribution-changes"),
    path("contributions/<uuid:id>/object", api.ContributionObjectView.as_view(), name="api-contribution-object"),
    path("contributions/<uuid:id>/comments", api.CommentsView.as_view(), name="api-contribution-comments"),
    path("contributions/<uuid:id>/comments/<int:comment>", api.CommentView.as_view(), name="api-contribution-comment"),
]
