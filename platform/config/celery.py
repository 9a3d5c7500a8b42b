"""The Celery application: `celery -A config worker`, `celery -A config beat`."""

import logging.config
import os
import warnings
from typing import Any

from celery import Celery, signals
from celery.exceptions import SecurityWarning
from django.conf import settings

from config import lifeline

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# Celery warns workers of root, because messages might be pickled. Ours are JSON and nothing else is accepted.
warnings.filterwarnings("ignore", category=SecurityWarning)

app = Celery("petiole")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.setup_logging.connect
def use_our_logging(**_: Any) -> None:
    logging.config.dictConfig(settings.LOGGING)


@signals.worker_ready.connect
@signals.beat_init.connect
def say_ready(**_: Any) -> None:
    if settings.READY_FILE is not None:
        settings.READY_FILE.touch()


@signals.worker_process_init.connect
def end_with_the_worker(**_: Any) -> None:
    """A pool process whose worker was killed would wait for ever for work that nobody can give it."""
    lifeline.end_with_parent()
