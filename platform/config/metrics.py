"""What /metrics shows. Runs and queues are read when asked, so every web process gives the same answer about them.

What processes have counted is in their memory, or in the slots of a folder that several of them share."""

import logging
import os
import time
from collections.abc import Callable, Iterator
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import redis
from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError
from django.db.models import Count, Min
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.decorators import sync_and_async_middleware
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    GC_COLLECTOR,
    PLATFORM_COLLECTOR,
    PROCESS_COLLECTOR,
    REGISTRY,
    CollectorRegistry,
    Histogram,
    Info,
    generate_latest,
    values,
)
from prometheus_client.core import GaugeMetricFamily, Metric

from config import brokers
from config.slots import Slots
from executions import metrics as engine

log = logging.getLogger(__name__)

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
QUEUES: Final = ("engine", "io", "cpu")
METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})

RUNS = partial(GaugeMetricFamily, "petiole_runs", "Runs that are not finished", labels=["status"])
NODES = partial(GaugeMetricFamily, "petiole_node_executions", "Node executions that are outstanding", labels=["status"])
OLDEST = partial(
    GaugeMetricFamily,
    "petiole_oldest_queued_seconds",
    "Age of the node execution that has been queued longest",
    labels=[],
)
ACTIVE = partial(GaugeMetricFamily, "execution_manager_active_runs", "Runs that are RUNNING now")
POOL = partial(GaugeMetricFamily, "execution_manager_pool_size", "Tasks that the workers of this page can run at once")
UTILIZATION = partial(
    GaugeMetricFamily,
    "execution_manager_utilization_ratio",
    "Share of the pool that is at work; 1 while a worker of this page is draining",
)
MESSAGES = partial(GaugeMetricFamily, "petiole_queue_messages", "Messages waiting in a queue", labels=["queue"])

REQUESTS: Final = Histogram(
    "petiole_http_request_seconds", "Time from a request's arrival to its answer", ["method", "route", "status"]
)
INFO: Final = Info("petiole", "The product's version")
INFO.info({"version": version("petiole")})


@sync_and_async_middleware
def measured(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Middleware: how long each route takes."""
    if not iscoroutinefunction(get_response):

        def answer(request: HttpRequest) -> Any:
            begun = time.perf_counter()
            return observe(request, get_response(request), begun)

        return answer

    async def answer_later(request: HttpRequest) -> Any:
        begun = time.perf_counter()
        return observe(request, await get_response(request), begun)

    return answer_later


def observe(request: HttpRequest, response: HttpResponseBase, begun: float) -> HttpResponseBase:
    route = request.resolver_match.route if request.resolver_match else ""  # never the path: it holds ids
    labels = (request.method if request.method in METHODS else "", route, str(response.status_code))
    REQUESTS.labels(*labels).observe(time.perf_counter() - begun)
    return response


class ActiveRuns:
    """The reference's name for runs that are RUNNING now; every page says the same."""

    def describe(self) -> list[Metric]:
        return [ACTIVE()]

    def collect(self) -> Iterator[Metric]:
        from executions.models import GraphExecution
        from executions.states import Status

        try:
            yield ACTIVE(value=GraphExecution.objects.filter(status=Status.RUNNING).count())
        except DatabaseError as lost:
            log.warning("runs cannot be counted: %s", lost)


class Rows:
    """Counts of what is not finished; partial indexes keep the questions cheap however long the history is."""

    def describe(self) -> list[Metric]:
        return [RUNS(), NODES(), OLDEST()]

    def collect(self) -> Iterator[Metric]:
        try:
            yield from list(self._counted())
        except DatabaseError as lost:  # what this process has counted is shown all the same
            log.warning("runs cannot be counted: %s", lost)

    def _counted(self) -> Iterator[Metric]:
        from executions.models import GraphExecution, NodeExecution
        from executions.states import Status

        runs = RUNS()
        for status, number in GraphExecution.objects.alive().values_list("status").annotate(Count("pk")):
            runs.add_metric([status], number)
        yield runs
        nodes = NODES()
        outstanding = NodeExecution.objects.outstanding().values_list("status")
        for status, number, waiting in outstanding.annotate(number=Count("pk"), suspended=Count("waits_for")):
            nodes.add_metric([status], number - waiting)
            if waiting:
                nodes.add_metric(["WAITING"], waiting)
        yield nodes
        since = NodeExecution.objects.filter(status=Status.QUEUED).aggregate(oldest=Min("queue_time"))["oldest"]
        oldest = OLDEST()
        oldest.add_metric([], (timezone.now() - since).total_seconds() if since else 0)
        yield oldest


class Queues:
    """How many messages wait in the broker. RabbitMQ publishes this itself."""

    def describe(self) -> list[Metric]:
        return [MESSAGES()]

    def collect(self) -> Iterator[Metric]:
        waiting = MESSAGES()
        try:
            if not settings.CELERY_BROKER_URL.startswith("amqp"):
                with redis.Redis.from_url(broker(), socket_timeout=2, socket_connect_timeout=2) as client:
                    for queue in QUEUES:
                        waiting.add_metric([queue], client.llen(queue) + client.llen(brokers.late(queue)))
        except redis.RedisError:
            pass  # a series that is missing says it; /healthz says why
        yield waiting


def broker() -> str:
    """The server that holds the queues; sockets have another name in Celery."""
    url: str = settings.CELERY_BROKER_URL
    return settings.REDIS_URL if url.startswith("redis+socket:") else url


class Shared:
    """What the processes of one folder have counted, and how busy their workers are."""

    def __init__(self, slots: Slots) -> None:
        self.slots = slots

    def collect(self) -> Iterator[Metric]:
        counted = {metric.name: metric for metric in self.slots.collect()}
        yield from (counted[name] for name in sorted(counted))
        size, busy, draining = (_sum(counted.get(one.name)) for one in (engine.SLOTS, engine.BUSY, engine.DRAINING))
        if size:
            yield POOL(value=size)
            yield UTILIZATION(value=1.0 if draining else busy / size)


def _sum(metric: Metric | None) -> float:
    return sum(sample.value for sample in metric.samples) if metric is not None else 0.0


def share(folder: Path, *collectors: Any) -> CollectorRegistry | None:
    """Count in a slot of the folder from now on; what a page then has to show. None when the folder cannot be used:
    numbers must not keep anybody from working."""
    try:
        slots = Slots(folder)
        slots.take()
    except (OSError, ImproperlyConfigured) as wrong:
        log.error("what this process counts is not shown: %s", wrong)
        return None

    def keep() -> None:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(slots.folder)
        kind: Any = values.MultiProcessValue  # it has no types
        values.ValueClass = kind(lambda: slots.number)

    engine.begin(keep)
    page = CollectorRegistry(auto_describe=False)
    shown = INFO, PROCESS_COLLECTOR, PLATFORM_COLLECTOR, GC_COLLECTOR, Shared(slots), *collectors
    for collector in shown:
        page.register(collector)
    own_slot[:] = [slots]
    return page


own_slot: Final[list[Slots]] = []
FROM_DATABASE: Final = ActiveRuns(), Rows(), Queues()
for _collector in FROM_DATABASE:
    REGISTRY.register(_collector)


@cache
def web_page() -> CollectorRegistry:
    """Asked for when the web application is made."""
    shared = share(settings.METRICS_FOLDER, *FROM_DATABASE) if settings.METRICS_FOLDER else None
    return shared or REGISTRY


def exposition() -> bytes:
    return generate_latest(web_page())
