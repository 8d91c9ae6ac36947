"""Whether the site lives (`/healthz`), can serve (`/readyz`), and its figures (`/metrics`, Prometheus text format).

Rooms add what only they know: `register_probe` for a part that must answer, `register_gauge` for a figure.
"""

import hmac
import ipaddress
import logging
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as ProbeTimeout
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from web.problems import RETRY_UNAVAILABLE, standard
from web.threads import with_connections

log = logging.getLogger(__name__)

Probe = Callable[[], object]
# A figure, or figures by one label's values.
Figure = Callable[[], float | Mapping[str, float]]

PROBE_SECONDS = 5.0

_probes: dict[str, Probe] = {}
_threads = ThreadPoolExecutor(8, thread_name_prefix="probe")


def register_probe(name: str, probe: Probe) -> None:
    """The site is ready only when `probe()` returns within 5 seconds. It runs in a thread; raising means no."""
    _probes[name] = probe


def unregister_probe(name: str) -> None:
    _probes.pop(name, None)


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _valkey() -> None:
    cache.get("readyz")


register_probe("database", _database)
register_probe("valkey", _valkey)


def check() -> dict[str, str]:
    """Every probe's answer: `ok`, `failed` or `timeout`. All run at once; what went wrong is in the log."""
    running = {name: _threads.submit(with_connections, probe) for name, probe in _probes.items()}
    return {name: _outcome(name, future) for name, future in running.items()}


def _outcome(name: str, future: "Future[object]") -> str:
    try:
        future.result(PROBE_SECONDS)
    except ProbeTimeout:
        log.error("probe %s did not answer in %s s", name, PROBE_SECONDS)
        return "timeout"
    except Exception:
        log.exception("probe %s failed", name)
        return "failed"
    return "ok"


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Nothing else is asked."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when every probe is ok, else 503."""
    probes = check()
    ready = set(probes.values()) <= {"ok"}
    headers = None if ready else {"Retry-After": str(RETRY_UNAVAILABLE)}
    return JsonResponse({"ready": ready, "probes": probes}, status=200 if ready else 503, headers=headers)


# --- figures -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Gauge:
    documentation: str
    figure: Figure
    label: str


_gauges: dict[str, _Gauge] = {}


def register_gauge(name: str, documentation: str, figure: Figure, *, label: str = "") -> None:
    """A figure asked for at each scrape, so that it is the same whichever process answers.

    `name` as Prometheus wants it (`akashi_log_size`). With `label`, `figure()` returns {label value: figure}.
    """
    _gauges[name] = _Gauge(documentation, figure, label)


class _RoomFigures(Collector):
    """Asks every room. A room that cannot say is counted, and does not take the others with it."""

    def collect(self) -> Iterable[Metric]:
        failed = GaugeMetricFamily(
            "akashi_gauge_failed", "Gauges that could not be read at this scrape", labels=["gauge"]
        )
        for name, gauge in _gauges.items():
            try:
                yield _family(name, gauge)
            except Exception:
                log.exception("gauge %s failed", name)
                failed.add_metric([name], 1)
        yield failed


def _family(name: str, gauge: _Gauge) -> GaugeMetricFamily:
    figure = gauge.figure()
    if isinstance(figure, Mapping):
        family = GaugeMetricFamily(name, gauge.documentation, labels=[gauge.label or "kind"])
        for value, number in figure.items():
            family.add_metric([value], number)
        return family
    return GaugeMetricFamily(name, gauge.documentation, value=figure)


_registry = CollectorRegistry(auto_describe=False)
ProcessCollector(registry=_registry)
_registry.register(_RoomFigures())


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """For callers on this machine, or with `Authorization: Bearer METRICS_TOKEN`."""
    if not (_on_this_machine(request) or _has_token(request)):
        raise standard(403)
    return HttpResponse(generate_latest(_registry), content_type=CONTENT_TYPE_LATEST)


def _on_this_machine(request: HttpRequest) -> bool:
    """From loopback and not through a proxy, whose visitors would all seem to come from loopback."""
    if any(name in request.headers for name in ("Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "Via")):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _has_token(request: HttpRequest) -> bool:
    wanted = f"Bearer {settings.METRICS_TOKEN}".encode()
    return bool(settings.METRICS_TOKEN) and hmac.compare_digest(
        request.headers.get("Authorization", "").encode(), wanted
    )
