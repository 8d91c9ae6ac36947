"""Pages of reviews. The forms of a contribution stand on its own page; these are where they are sent to."""

from django.urls import path

from hub.reviews.views import deciding, queue, works

app_name = "reviews"
urlpatterns = [
    path("reviews", queue.queue, name="queue"),
    path("reviews/decide/<uuid:contribution>", deciding.decide, name="decide"),
    path("reviews/appeal/<uuid:contribution>", deciding.appeal, name="appeal"),
    path("reviews/submit/<str:revision>", works.submit, name="submit"),
    path("reviews/assess/<str:work>", works.assess, name="assess"),
]
