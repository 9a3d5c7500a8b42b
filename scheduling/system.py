"""The platform's own periodic jobs, kept as django-celery-beat entries so that the admin shows them."""

from typing import Any, Final

from django.conf import settings
from django_celery_beat.models import IntervalSchedule, PeriodicTask

SWEEP: Final = "petiole: sweep"


def ensure_system_jobs(**_: Any) -> None:
    """After every migration: the entries are there and run as often as the settings say; `enabled` stays as it is."""
    period = {"every": settings.SWEEP_SECONDS, "period": IntervalSchedule.SECONDS}
    every = IntervalSchedule.objects.filter(**period).first() or IntervalSchedule.objects.create(**period)
    PeriodicTask.objects.update_or_create(
        name=SWEEP,
        defaults={
            "task": "executions.tasks.sweep",
            "interval": every,
            "queue": "engine",
            # no expiry: where the queue is long, every sweep would expire; the task itself leaves out surplus ones
            "expire_seconds": None,
            "description": "Repairs what messages have missed: wakes, publishes, admits, stops and concludes.",
        },
    )
