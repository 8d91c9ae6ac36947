"""Pages of contributions, below a repository's own address, and where to begin one."""

from django.urls import URLPattern, URLResolver, path

from hub.contributions.views import listing, page, proposing

app_name = "contributions"
urlpatterns: list[URLPattern | URLResolver] = [
    path("contribute", listing.contribute, name="contribute"),
    path("contribute/<uuid:contribution>/withdraw", page.withdraw_unseen, name="withdraw-unseen"),
]

for prefix, kind in (("datasets/", "dataset"), ("", "model")):
    base, extra = f"{prefix}<str:owner>/<str:name>/discussions", {"kind": kind}
    one = f"{base}/<int:number>"
    urlpatterns += [
        path(base, listing.repository, extra, name=f"{kind}-list"),
        path(f"{base}/new", proposing.new, extra, name=f"{kind}-new"),
        path(f"{base}/new/card", proposing.new_card, extra, name=f"{kind}-new-card"),
        path(one, page.page, extra, name=f"{kind}-page"),
        path(f"{one}/comment", page.comment, extra, name=f"{kind}-comment"),
        path(f"{one}/comments/<int:pk>/delete", page.delete_comment, extra, name=f"{kind}-delete-comment"),
        path(f"{one}/join", page.join, extra, name=f"{kind}-join"),
        path(f"{one}/update", proposing.update, extra, name=f"{kind}-update"),
        path(f"{one}/update/card", proposing.update_card, extra, name=f"{kind}-update-card"),
        path(f"{one}/rebase", page.rebase, extra, name=f"{kind}-rebase"),
        path(f"{one}/withdraw", page.withdraw, extra, name=f"{kind}-withdraw"),
    ]
