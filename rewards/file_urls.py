from django.urls import URLPattern, URLResolver, path

from rewards import files

urlpatterns: list[URLPattern | URLResolver] = [
    path("epochs/<int:number>/<str:name>", files.bundle_file, name="epoch-file"),
]
