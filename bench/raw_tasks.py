"""Celery alone: the tasks that do nothing, and the settings of their worker (`celery -A bench.raw_tasks worker`).

Whatever Petiole sets for safety or speed is set here as well, so that only the engine makes the difference."""

import os
import time
from pathlib import Path
from typing import Any

from celery import Celery, signals

from config import lifeline
from config.embedded import celery_url

QUEUE = "raw"
_URL = celery_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0"))

app = Celery("raw", broker=_URL, backend=_URL, set_as_current=False)
app.conf.update(
    task_default_queue=QUEUE,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_serializer="json",
    result_serializer="json",
    accept_content=["json"],
    task_send_sent_event=False,
    task_time_limit=21_000,
    broker_transport_options={"visibility_timeout": 6 * 3600},
    broker_connection_retry_on_startup=True,
    result_expires=3600,
)


@app.task(ignore_result=True)
def hop(left: int, ends: str) -> None:
    """Publish-next: each task sends the next; the last says when it ended."""
    if left > 1:
        hop.delay(left - 1, ends)
    else:
        backend: Any = app.backend
        backend.client.rpush(ends, time.time())


@app.task
def noop(*_: Any) -> None:
    """A member of a chain or a chord; its result is stored."""


@signals.worker_ready.connect
def say_ready(**_: Any) -> None:
    if ready := os.environ.get("PETIOLE_READY_FILE"):
        Path(ready).touch()


@signals.worker_process_init.connect
def end_with_the_worker(**_: Any) -> None:
    lifeline.end_with_parent()
