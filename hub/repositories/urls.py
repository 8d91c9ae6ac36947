"""Pages of repositories, at the Hugging Face Hub's own paths: models at `/{owner}/{name}`, datasets below `/datasets/`."""

from django.urls import URLPattern, URLResolver, path

from hub.repositories.views import card, files, new, publish, revisions, settings

app_name = "repositories"
urlpatterns: list[URLPattern | URLResolver] = [path("new", new.page, name="new")]

for prefix, kind in (("datasets/", "dataset"), ("", "model")):
    base, extra = f"{prefix}<str:owner>/<str:name>", {"kind": kind}
    urlpatterns += [
        path(base, card.page, extra, name=f"{kind}"),
        path(f"{base}/edit", card.edit, extra, name=f"{kind}-edit"),
        path(f"{base}/edit/preview", card.preview, extra, name=f"{kind}-preview"),
        path(f"{base}/upload", publish.upload, extra, name=f"{kind}-upload"),
        path(f"{base}/settings", settings.page, extra, name=f"{kind}-settings"),
        path(f"{base}/tree", files.tree, extra, name=f"{kind}-files"),
        path(f"{base}/tree/<path:rest>", files.tree, extra, name=f"{kind}-tree"),
        path(f"{base}/blob/<path:rest>", files.blob, extra, name=f"{kind}-blob"),
        path(f"{base}/resolve/<path:rest>", files.resolve, extra, name=f"{kind}-resolve"),
        path(f"{base}/commits/<path:rest>", revisions.commits, extra, name=f"{kind}-commits"),
        path(f"{base}/commit/<str:sha>", revisions.commit, extra, name=f"{kind}-commit"),
        path(f"{base}/compare", revisions.compare, extra, name=f"{kind}-compare-form"),
        path(f"{base}/compare/", revisions.compare, extra),
        path(f"{base}/compare/<path:rest>", revisions.compare, extra, name=f"{kind}-compare"),
    ]
