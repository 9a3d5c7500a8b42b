"""Hears what is edited on the pages of django-celery-beat, and tells the schedules."""

from typing import Any

from django.db.models import F, Q
from django.db.models.signals import post_delete, post_save
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, PeriodicTasks

from scheduling.models import Schedule


def connect() -> None:
    post_save.connect(_entry_saved, sender=PeriodicTask)
    post_save.connect(_many_changed, sender=PeriodicTasks)
    for sender, field in ((CrontabSchedule, "crontab"), (IntervalSchedule, "interval"), (ClockedSchedule, "clocked")):
        post_save.connect(_follow(field), sender=sender, weak=False)
    post_delete.connect(_deleted, sender=Schedule)


def _entry_saved(instance: PeriodicTask, *, created: bool, raw: bool, **_: Any) -> None:
    if not created and not raw:
        _tell(Q(entry=instance.pk))


def _many_changed(*, raw: bool, **_: Any) -> None:
    """The actions of beat's list enable and disable without a word about each; afterwards this row is written."""
    if not raw:
        _tell(~Q(entry__enabled=F("enabled")))


def _follow(field: str) -> Any:
    """A crontab, interval or time that several entries may share."""

    def saved(instance: Any, *, created: bool, raw: bool, **_: Any) -> None:
        if not created and not raw:
            _tell(Q(**{f"entry__{field}": instance.pk}))

    return saved


def _tell(which: Q) -> None:
    from scheduling.services import follow_entry  # loads the engine, which most commands do without

    for schedule_id in Schedule.objects.filter(which).values_list("pk", flat=True):
        follow_entry(schedule_id)


def _deleted(instance: Schedule, **_: Any) -> None:
    """With its user, say: an entry without a schedule would go on for nothing."""
    PeriodicTask.objects.filter(pk=instance.entry_id).delete()
