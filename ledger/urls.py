from django.urls import URLPattern, URLResolver, path, re_path

from ledger import chart_views, downloads, head_views, log_views, views

app_name = "ledger"

NUMBER = r"0|[1-9][0-9]{0,17}"

urlpatterns: list[URLPattern | URLResolver] = [
    path("ledger", views.entries, name="entries"),
    path("ledger/charts", chart_views.page, name="charts"),
    re_path(rf"^ledger/(?P<index>{NUMBER})$", views.entry, name="entry"),
    re_path(rf"^ledger/(?P<index>{NUMBER})/entry\.json$", downloads.entry_bytes, name="entry_bytes"),
    re_path(rf"^ledger/(?P<index>{NUMBER})/proof\.txt$", downloads.entry_proof, name="entry_proof"),
    re_path(rf"^ledger/(?P<index>{NUMBER})/bundle$", downloads.entry_bundle, name="entry_bundle"),
    re_path(rf"^ledger/checkpoints/(?P<size>{NUMBER})$", head_views.checkpoint, name="checkpoint"),
    re_path(r"^ledger/anchors/(?P<transaction>0x[0-9a-f]{64})$", head_views.anchor, name="anchor"),
    path("log/checkpoint", log_views.checkpoint, name="log_checkpoint"),
    path("log/key", log_views.key, name="log_key"),
    path("log/previous/checkpoint", log_views.checkpoint, {"previous": True}, name="previous_checkpoint"),
    path("log/previous/key", log_views.key, {"previous": True}, name="previous_key"),
    re_path(r"^log/previous/(?P<address>tile/.{1,200})$", log_views.tile, {"previous": True}, name="previous_tile"),
    re_path(r"^log/(?P<address>tile/.{1,200})$", log_views.tile, name="log_tile"),
]
