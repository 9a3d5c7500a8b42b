"""Schedules of graphs, the ledger of their expected fires, and the platform's own jobs."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.timezone import now
from django_celery_beat.models import PeriodicTask

from accounts.models import known_timezone
from columns import JSONText, new_id
from executions.models import GraphExecution
from graphs.models import Graph
from scheduling.cron import LONGEST, parse
from scheduling.querysets import BackfillQuerySet, FireQuerySet, ScheduleQuerySet, SystemJobQuerySet
from scheduling.states import Misfire, Origin, Overlap, State
from scheduling.times import Timing

DAY = 86_400


class Schedule(models.Model):
    """Starts a graph at certain times. Bound to one entry of django-celery-beat: what one says of the times, of the
    name and of being enabled is what the other says."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="schedules")
    graph = models.ForeignKey(Graph, on_delete=models.CASCADE, related_name="schedules")
    version = models.PositiveIntegerField(null=True, blank=True, help_text="Empty: the version that is active then")
    name = models.CharField(max_length=150)
    cron = models.CharField(
        max_length=LONGEST, blank=True, default="", help_text="Minute, hour, day of month, month, day of week"
    )
    every_seconds = models.PositiveIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    at = models.DateTimeField(null=True, blank=True, help_text="Once, at this time")
    timezone = models.CharField(max_length=64, default="UTC", validators=[known_timezone])
    inputs = JSONText(default=dict, blank=True)
    credentials_inputs = JSONText(default=dict, blank=True)
    masks = JSONText(default=dict, blank=True, help_text="Node id → pin → value")
    enabled = models.BooleanField(default=True)
    pause_reason = models.TextField(blank=True, default="", help_text="Why it is not enabled, when nobody chose that")
    max_cost = models.PositiveIntegerField(null=True, blank=True, help_text="Credits that one run may cost")
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    jitter_seconds = models.PositiveIntegerField(
        default=0, validators=[MaxValueValidator(DAY)], help_text="Fires are put off by up to so many seconds"
    )
    misfire = models.CharField(max_length=4, choices=Misfire, default=Misfire.ONCE)
    misfire_limit = models.PositiveIntegerField(
        default=10, validators=[MinValueValidator(1), MaxValueValidator(1000)], help_text="For “run all”"
    )
    overlap = models.CharField(max_length=5, choices=Overlap, default=Overlap.ALLOW)
    failures = models.PositiveIntegerField(default=0, editable=False, help_text="Fires in a row that could not start")
    anchor = models.DateTimeField(default=now, editable=False, help_text="Intervals are counted from here")
    next_at = models.DateTimeField(null=True, editable=False, help_text="The first time that is not in the ledger yet")
    entry = models.OneToOneField(
        PeriodicTask, on_delete=models.CASCADE, editable=False, related_name="petiole_schedule"
    )
    created_at = models.DateTimeField(default=now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ScheduleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="schedule_one_kind_of_time",
                condition=Q(every_seconds=None, at=None) & ~Q(cron="")
                | Q(cron="", at=None, every_seconds__isnull=False, every_seconds__gte=1)
                | Q(cron="", every_seconds=None, at__isnull=False),
                violation_error_message="Give exactly one of cron, every_seconds and at.",
            ),
            models.CheckConstraint(
                name="schedule_ends_after_start",
                condition=Q(starts_at=None) | Q(ends_at=None) | Q(ends_at__gte=F("starts_at")),
                violation_error_message="It ends before it starts.",
            ),
        ]
        indexes = [
            # an owner's list of schedules
            models.Index(fields=["user", "created_at"], name="schedule_of_user"),
            # a tick: whose times have to be put into the ledger (whole, for SQLite)
            models.Index(fields=["enabled", "next_at"], name="schedule_by_next"),
        ]

    def __str__(self) -> str:
        return self.name

    def timing(self) -> Timing:
        return Timing(
            zone=ZoneInfo(self.timezone),
            cron=parse(self.cron) if self.cron else None,
            every=timedelta(seconds=self.every_seconds) if self.every_seconds else None,
            anchor=self.starts_at or self.anchor,
            at=self.at,
            start=self.starts_at,
            end=self.ends_at,
        )

    def next_time(self) -> datetime | None:
        """When it is due next, as far as it is enabled."""
        if not self.enabled:
            return None
        planned = self.fires.planned().filter(logical_time__gt=now()).order_by("logical_time").first()
        return self.next_at if planned is None else planned.logical_time


class Backfill(models.Model):
    """Times of the past that are made up for, oldest first, so many runs at once."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="backfills")
    first = models.DateTimeField()
    last = models.DateTimeField()
    concurrency = models.PositiveIntegerField(default=1, validators=[MinValueValidator(1), MaxValueValidator(100)])
    total = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = BackfillQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["schedule"], condition=Q(ended_at=None), name="backfill_one_at_a_time")
        ]
        indexes = [
            # a tick: which are under way (whole, for SQLite)
            models.Index(fields=["ended_at"], name="backfill_by_end")
        ]

    def __str__(self) -> str:
        return f"{self.schedule}: {self.first:%Y-%m-%d %H:%M} to {self.last:%Y-%m-%d %H:%M}"


class Fire(models.Model):
    """One time of one schedule, and what became of it. There is never a second row, so there is never a second run."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="fires", db_index=False)
    logical_time = models.DateTimeField(help_text="The time that the schedule means")
    due_at = models.DateTimeField(help_text="The same, put off by the jitter")
    state = models.CharField(max_length=7, choices=State, default=State.PLANNED)
    origin = models.CharField(max_length=6, choices=Origin, default=Origin.TIME)
    backfill = models.ForeignKey(
        Backfill, on_delete=models.SET_NULL, null=True, blank=True, db_index=False, related_name="fires"
    )
    run = models.OneToOneField(GraphExecution, on_delete=models.SET_NULL, null=True, blank=True, related_name="fire")
    handled_at = models.DateTimeField(null=True, blank=True, help_text="When it was fired, skipped, missed or failed")
    kept = models.BooleanField(default=False, help_text="It was late, and the misfire policy lets it run")
    reason = models.TextField(blank=True, default="")
    errors = JSONText(default=dict, blank=True, help_text="Node id → field → what keeps it from running")

    objects = FireQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["schedule", "logical_time"], name="fire_once"),
            models.CheckConstraint(
                name="fire_handled_when_final",
                condition=Q(state__in=[State.PLANNED, State.WAITING, State.QUEUED], handled_at=None)
                | Q(state__in=[State.FIRED, State.SKIPPED, State.MISSED, State.FAILED], handled_at__isnull=False),
            ),
        ]
        indexes = [
            # a tick: what is due, and what waits (whole, for SQLite)
            models.Index(fields=["state", "due_at"], name="fire_by_state"),
            # the progress of a backfill, and its next time (whole, for SQLite)
            models.Index(fields=["backfill", "state", "logical_time"], name="fire_of_backfill"),
            # the retention purge
            models.Index(fields=["logical_time"], name="fire_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.logical_time:%Y-%m-%d %H:%M:%S} {self.state}"

    @property
    def late_seconds(self) -> float | None:
        """How long after it was due it was fired."""
        if self.state != State.FIRED or self.handled_at is None or self.origin == Origin.PERSON:
            return None
        return max(0.0, round((self.handled_at - self.due_at).total_seconds(), 3))


class SystemJob(models.Model):
    """A periodic job of the platform itself, when it is due and how it went the last time. Its beat entry says how
    often it runs and whether it is enabled."""

    name = models.CharField(max_length=60, primary_key=True)
    description = models.CharField(max_length=200)
    entry = models.OneToOneField(PeriodicTask, on_delete=models.CASCADE, related_name="petiole_job")
    sent_by_beat = models.BooleanField(
        default=False, help_text="Its entry is sent by beat; else whoever ticks begins it"
    )
    next_at = models.DateTimeField(default=now)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    succeeded = models.BooleanField(null=True)
    result = models.TextField(blank=True, default="")

    objects = SystemJobQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    def time_after(self, instant: datetime) -> datetime:
        """The next time of its beat entry."""
        entry = self.entry
        if entry.crontab is not None:
            one = entry.crontab
            fields = (one.minute, one.hour, one.day_of_month, one.month_of_year, one.day_of_week)
            cron = parse(" ".join("".join(str(text).split()) for text in fields))
            return next(cron.after(instant, ZoneInfo(str(one.timezone))))
        every: Any = entry.interval
        period = timedelta(**{every.period: every.every}) if every is not None else timedelta(days=1)
        return instant.astimezone(UTC) + period
