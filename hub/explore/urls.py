from django.urls import path

from hub.explore.views import home, people, repository, status, verify

urlpatterns = [
    path("", home.home, name="home"),
    path("models", home.models, name="models"),
    path("datasets", home.datasets, name="datasets"),
    path("search", home.search, name="search"),
    path("verify", verify.verify, name="verify"),
    path("verify/akashi_verify.py", verify.verifier, name="verifier"),
    path("verify/verify.html", verify.static_page, name="verify-page"),
    path("status", status.status, name="status"),
    path("me", people.me, name="me"),
    path("people/<str:name>", people.person, name="person"),
]
for prefix, kind in (("datasets/", "dataset"), ("", "model")):
    extra = {"kind": kind}
    urlpatterns += [
        path(f"{prefix}<str:owner>/<str:name>/history", repository.history, extra, name=f"{kind}-history"),
        path(f"{prefix}<str:owner>/<str:name>/lineage", repository.lineage, extra, name=f"{kind}-lineage"),
        path(f"{prefix}<str:owner>/<str:name>/bundle", repository.bundle, extra, name=f"{kind}-bundle"),
    ]
