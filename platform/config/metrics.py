"""What /metrics shows. Runs and queues are read when asked, so every web process gives the same answer about them."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import version
from typing import Any, Final

import redis
from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.db.models import Count, Min
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.decorators import sync_and_async_middleware
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Histogram, Info, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

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
MESSAGES = partial(GaugeMetricFamily, "petiole_queue_messages", "Messages waiting in a queue", labels=["queue"])

REQUESTS: Final = Histogram(
    "petiole_http_request_seconds", "Time from a request's arrival to its answer", ["method", "route", "status"]
)
Info("petiole", "The product's version").info({"version": version("petiole")})


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


class Rows:
    """Counts of what is not finished; partial indexes keep the questions cheap however long the history is."""

    def describe(self) -> list[Metric]:
        return [RUNS(), NODES(), OLDEST()]

    def collect(self) -> Iterator[Metric]:
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
                        waiting.add_metric([queue], client.llen(queue))
        except redis.RedisError:
            pass  # a series that is missing says it; /healthz says why
        yield waiting


def broker() -> str:
    """The server that holds the queues; sockets have another name in Celery."""
    url: str = settings.CELERY_BROKER_URL
    return settings.REDIS_URL if url.startswith("redis+socket:") else url


REGISTRY.register(Rows())
REGISTRY.register(Queues())


def exposition() -> bytes:
    return generate_latest(REGISTRY)
