from django.urls import URLPattern, URLResolver, path

from hub.repositories import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("repositories", api.RepositoriesView.as_view(), name="api-repositories"),
    path("repositories/<uuid:id>", api.RepositoryView.as_view(), name="api-repository"),
    path("repositories/<uuid:id>/revisions", api.RepositoryRevisionsView.as_view(), name="api-repository-revisions"),
    path("revisions/<str:id>", api.RevisionView.as_view(), name="api-revision"),
    path("revisions/<str:id>/files", api.FilesView.as_view(), name="api-revision-files"),
    path("revisions/<str:id>/changes", api.ChangesView.as_view(), name="api-revision-changes"),
    path("revisions/<str:id>/object", api.ObjectView.as_view(), name="api-revision-object"),
    path("revisions/<str:id>/trees/<str:digest>", api.TreeView.as_view(), name="api-revision-tree"),
]
