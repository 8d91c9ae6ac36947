from django.urls import URLPattern, URLResolver, path

from rewards import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("epochs", api.Epochs.as_view(), name="api-epochs"),
    path("epochs/latest", api.LatestEpoch.as_view(), name="api-epochs-latest"),
    path("epochs/<int:number>", api.EpochDetail.as_view(), name="api-epoch"),
    path("epochs/<int:number>/allocations", api.Allocations.as_view(), name="api-epoch-allocations"),
    path("works/<str:key>/rewards", api.WorkRewards.as_view(), name="api-work-rewards"),
    path("claims/<str:wallet>", api.WalletClaim.as_view(), name="api-claim"),
]
