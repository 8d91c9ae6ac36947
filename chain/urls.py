from django.urls import URLPattern, URLResolver, path

from chain.rpc import rpc

urlpatterns: list[URLPattern | URLResolver] = [path("rpc", rpc, name="rpc")]
