from django.urls import URLPattern, URLResolver, path

from rewards.views import epochs, overview, repository, wallet

app_name = "rewards"
urlpatterns: list[URLPattern | URLResolver] = [
    path("rewards", overview.overview, name="overview"),
    path("rewards/policies/<str:digest>", overview.policy, name="policy"),
    path("rewards/akashi_recompute.py", overview.program, name="program"),
    path("rewards/claim.html", overview.claim_page, name="claim-page"),
    path("rewards/epochs/<int:number>", epochs.epoch, name="epoch"),
    path("rewards/epochs/<int:number>/why/<str:who>", epochs.why, name="why"),
    path("settings/wallet", wallet.page, name="wallet"),
    path("settings/wallet/claim", wallet.ask, name="claim"),
    path("settings/wallet/proof.json", wallet.proof, name="proof"),
]
for prefix, kind in (("datasets/", "dataset"), ("", "model")):
    extra = {"kind": kind}
    urlpatterns += [path(f"{prefix}<str:owner>/<str:name>/rewards", repository.page, extra, name=f"{kind}-rewards")]
