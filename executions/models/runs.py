from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from columns import JSONText, new_id
from executions.querysets import RunQuerySet
from executions.states import FINAL, Moderation, Status, Step
from graphs.models import GraphVersion


class GraphExecution(models.Model):
    """One run of a graph version. It ends exactly once, and only when none of its nodes is queued or running."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="runs")
    graph_version = models.ForeignKey(GraphVersion, on_delete=models.PROTECT, related_name="runs")
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="children")
    root = models.ForeignKey("self", on_delete=models.CASCADE, related_name="tree")
    parent_node_execution = models.ForeignKey(
        "NodeExecution", on_delete=models.CASCADE, null=True, blank=True, db_index=False, related_name="child_runs"
    )
    parent_epoch = models.PositiveIntegerField(default=0)
    preset_id = models.UUIDField(null=True, blank=True, help_text="What it was started with, as a room above keeps it")
    depth = models.PositiveSmallIntegerField(default=0)
    status = models.CharField(max_length=10, choices=Status, db_default=Status.QUEUED)
    inputs = JSONText(default=dict)
    credentials_inputs = JSONText(default=dict)
    nodes_input_masks = JSONText(default=dict)
    nodes_to_skip = JSONText(default=list)
    context = JSONText(default=dict)
    warnings = JSONText(default=list)
    max_cost = models.BigIntegerField(
        null=True, blank=True, help_text="Credits that it may cost; runs below have the number of the topmost one"
    )
    failure = models.TextField(null=True, blank=True, help_text="Why the run has to end FAILED")
    stats = JSONText(null=True, blank=True)
    epilogue = models.CharField(max_length=9, choices=Step, blank=True, default=Step.NONE)
    step_due_at = models.DateTimeField(
        null=True, blank=True, help_text="When the sweep takes up the step of `epilogue` that nobody has finished"
    )
    moderation = models.CharField(max_length=8, choices=Moderation, blank=True, default=Moderation.NONE)
    chord_id = models.CharField(max_length=64, null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    publishes = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    stop_requested_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_for = models.DurationField(
        default=timedelta, help_text="Pauses that are over: PETIOLE_MAX_RUN_SECONDS does not count them"
    )
    retries = models.PositiveIntegerField(
        default=0, help_text="How often it was made runnable again; a run below has the number of the topmost one"
    )

    objects = RunQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="run_times_fit_status",
                condition=Q(status=Status.QUEUED, started_at=None, ended_at=None)
                | Q(status__in=[Status.RUNNING, Status.REVIEW], started_at__isnull=False, ended_at=None)
                | Q(status=Status.COMPLETED, started_at__isnull=False, ended_at__isnull=False)
                | Q(status__in=[Status.FAILED, Status.TERMINATED], ended_at__isnull=False),
                violation_error_message="The times do not fit the status.",
            ),
            models.CheckConstraint(name="run_budget_not_negative", condition=Q(max_cost=None) | Q(max_cost__gte=0)),
            # A node execution that is claimed again finds the child it has already started.
            models.UniqueConstraint(
                fields=["parent_node_execution", "parent_epoch"],
                condition=Q(parent_node_execution__isnull=False),
                name="run_one_child_per_node_execution_and_epoch",
            ),
        ]
        indexes = [
            # the owner's list of runs, newest first
            models.Index(fields=["user", "-created_at"], name="run_of_user"),
            # admission: what a user has running and waiting (whole, for SQLite: see NodeExecution)
            models.Index(fields=["user", "status", "created_at"], name="run_of_user_by_status"),
            # the sweep: what is not finished
            models.Index(fields=["status", "created_at"], name="run_by_status"),
            # the sweep: what has not ended, found at once however much has (the condition is `alive`)
            models.Index(fields=["status", "created_at"], condition=Q(ended_at=None), name="run_alive"),
            # the sweep: steps around runs that were begun and not finished (whole, for SQLite: see NodeExecution)
            models.Index(fields=["epilogue", "step_due_at"], name="run_by_step_due"),
        ]

    def __str__(self) -> str:
        return f"Run {self.pk}"

    @property
    def is_final(self) -> bool:
        return self.status in FINAL


class RunBudget(models.Model):
    """What is left of the `max_cost` of a topmost run. Prices known beforehand never take `spent` above `most`."""

    run = models.OneToOneField(GraphExecution, on_delete=models.CASCADE, primary_key=True, related_name="budget")
    most = models.BigIntegerField()
    spent = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(name="run_budget_counts_upwards", condition=Q(spent__gte=0, most__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.spent} of {self.most} credits of run {self.run_id}"
