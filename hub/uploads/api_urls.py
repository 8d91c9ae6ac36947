from django.urls import URLPattern, URLResolver, path

from hub.uploads import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("uploads", api.UploadsView.as_view(), name="api-uploads"),
    path("uploads/check", api.RefusalsView.as_view(), name="api-uploads-check"),
    path("uploads/<uuid:id>", api.UploadView.as_view(), name="api-upload"),
    path("uploads/<uuid:id>/complete", api.CompleteView.as_view(), name="api-upload-complete"),
    path("uploads/<uuid:id>/parts/<int:index>", api.PartView.as_view(), name="api-upload-part"),
]
