"""The Celery application: `celery -A config worker`, `celery -A config beat`."""

import gc
import logging.config
import os
import warnings
from typing import Any

from celery import Celery, signals
from celery.exceptions import CPendingDeprecationWarning, SecurityWarning
from django.conf import settings
from kombu.transport import TRANSPORT_ALIASES

from config import lifeline, worker_metrics  # noqa: F401  the latter connects itself to signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# Celery warns workers of root, because messages might be pickled. Ours are JSON and nothing else is accepted.
warnings.filterwarnings("ignore", category=SecurityWarning)
# And about CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS, which is chosen here, at every lost connection.
warnings.filterwarnings("ignore", category=CPendingDeprecationWarning)

# For all of Django's checks a process loads every page and every address, which takes a worker a second and 30 MB.
# The web process makes them; workers and beat check what an operator can get wrong, below.
os.environ.setdefault("CELERY_SKIP_CHECKS", "true")

TRANSPORT_ALIASES |= dict.fromkeys(("redis", "rediss"), "config.redis_transport:Transport")

app = Celery("petiole")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add("executions.workers:HeartbeatStep")
app.steps["worker"].add("scheduling.ticker:TickerStep")


@signals.setup_logging.connect
def use_our_logging(**_: Any) -> None:
    logging.config.dictConfig(settings.LOGGING)


@signals.worker_ready.connect
@signals.beat_init.connect
def say_ready(**_: Any) -> None:
    if settings.READY_FILE is not None:
        settings.READY_FILE.touch()


@signals.worker_init.connect
@signals.beat_init.connect
def check_the_settings(**_: Any) -> None:
    from django.core.management.base import BaseCommand, SystemCheckError

    try:
        BaseCommand().check(tags=["config", "blocks"])
    except SystemCheckError as wrong:
        raise SystemExit(str(wrong)) from None


@signals.worker_init.connect
@signals.beat_init.connect
def fit_the_tables(**_: Any) -> None:
    """Before anything is taken or sent."""
    from executions import schema

    schema.insist()


@signals.worker_init.connect
def load_the_blocks(**_: Any) -> None:
    """Once, before the pool is forked. What is there by now stays: the collector need not look at it again and again,
    and its processes go on sharing the memory of it."""
    from blocks import registry

    registry.load()
    gc.collect()
    gc.freeze()


@signals.worker_process_init.connect
def end_with_the_worker(**_: Any) -> None:
    """A pool process whose worker was killed would wait for ever for work that nobody can give it."""
    lifeline.end_with_parent()
