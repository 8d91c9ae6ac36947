from django.urls import URLPattern, URLResolver, path

from ledger import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("entries", api.Entries.as_view(), name="api_entries"),
    path("entries/<int:index>", api.EntryDetail.as_view(), name="api_entry"),
    path("entries/<int:index>/proof", api.EntryProof.as_view(), name="api_entry_proof"),
    path("checkpoints", api.Checkpoints.as_view(), name="api_checkpoints"),
    path("checkpoints/<int:size>", api.CheckpointDetail.as_view(), name="api_checkpoint"),
    path("anchors", api.Anchors.as_view(), name="api_anchors"),
]
