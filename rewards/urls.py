from django.urls import path

from rewards import views

urlpatterns = [path("rewards", views.rewards, name="rewards")]
