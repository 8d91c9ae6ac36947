from django.urls import URLPattern, URLResolver, path

from hub.reviews import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("reviews", api.ReviewsView.as_view(), name="api-reviews"),
    path("reviews/queue", api.QueueView.as_view(), name="api-review-queue"),
    path("reviews/appeals", api.AppealsView.as_view(), name="api-appeals"),
    path("reviews/<int:id>", api.ReviewView.as_view(), name="api-review"),
    path("reviews/<int:id>/checks", api.ChecksView.as_view(), name="api-review-checks"),
    path("works", api.WorksView.as_view(), name="api-works"),
    path("works/<str:key>", api.WorkView.as_view(), name="api-work"),
    path("works/<str:key>/assessments", api.AssessmentsView.as_view(), name="api-work-assessments"),
]
