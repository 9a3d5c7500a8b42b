"""Answers /healthz and /metrics before anything else: probes know neither the host's name nor a password."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import redis
from asgiref.sync import iscoroutinefunction, sync_to_async
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import sync_and_async_middleware

from config import metrics
from executions.rates import ONCE
from executions.schema import Watch

_TABLES: Final = Watch()


@sync_and_async_middleware
def probes(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Middleware, the first of all."""
    if not iscoroutinefunction(get_response):

        def answer(request: HttpRequest) -> Any:
            probe = PROBES.get(request.path)
            return probe() if probe else get_response(request)

        return answer

    async def answer_later(request: HttpRequest) -> Any:
        probe = PROBES.get(request.path)
        return await sync_to_async(probe)() if probe else await get_response(request)

    return answer_later


def healthz() -> JsonResponse:
    """200 when this process reaches everything it needs to serve, 503 and what is missing otherwise."""
    problems = {"database": database_problem(), "broker": broker_problem(), "disk": disk_problem()}
    healthy = not any(problems.values())
    seen = {name: problem or "ok" for name, problem in problems.items()}
    return JsonResponse({"status": "ok" if healthy else "unavailable", **seen}, status=200 if healthy else 503)


def database_problem() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return _TABLES.problem()
    except DatabaseError as wrong:
        return f"the database does not answer: {type(wrong).__name__}"


def broker_problem() -> str:
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2, retry=ONCE) as client:
            client.ping()
    except redis.RedisError as wrong:
        return f"Redis does not answer: {type(wrong).__name__}"
    if settings.CELERY_BROKER_URL.startswith("amqp"):
        from executions.waiting import broker

        return "RabbitMQ does not answer" if broker.broker_problem() else ""
    return ""


def disk_problem() -> str:
    """The disk of the state folder holds SQLite, the broker and the logs; that of the files holds large values."""
    for folder in (settings.STATE, Path(settings.MEDIA_ROOT)):
        if folder.is_dir() and (left := shutil.disk_usage(folder).free) < settings.MIN_FREE_BYTES:
            return f"{left // 2**20} MB are left in {folder}"
    return ""


def metrics_page() -> HttpResponse:
    return HttpResponse(metrics.exposition(), content_type=metrics.CONTENT_TYPE)


PROBES: Final[dict[str, Callable[[], HttpResponse]]] = {"/healthz": healthz, "/metrics": metrics_page}
