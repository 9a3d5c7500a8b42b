from django.db import models
from django.db.models import Q

from columns import JSONText, new_id
from executions.models.runs import GraphExecution
from executions.models.workers import Worker
from executions.querysets import NodeExecutionQuerySet
from executions.states import FINAL, Status, Waits
from graphs.models import Node


class RunNode(models.Model):
    """The meeting point of one run and one node at which values are paired. Who routes to it locks it first."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(GraphExecution, on_delete=models.CASCADE, db_index=False, related_name="run_nodes")
    node = models.ForeignKey(Node, on_delete=models.PROTECT, db_index=False, related_name="+")
    next_ordinal = models.BigIntegerField(default=0)
    last_queued = models.BigIntegerField(null=True, help_text="Ordinal of the most recently queued execution")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "node"], name="run_node_once")]

    def __str__(self) -> str:
        return f"{self.node_id} in {self.run_id}"


class NodeExecution(models.Model):
    """One activation of one node in one run. Whoever writes to a running one names its claim token."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    run = models.ForeignKey(GraphExecution, on_delete=models.CASCADE, db_index=False, related_name="node_executions")
    node = models.ForeignKey(Node, on_delete=models.PROTECT, db_index=False, related_name="+")
    run_node = models.ForeignKey(RunNode, on_delete=models.CASCADE, null=True, db_index=False, related_name="+")
    status = models.CharField(max_length=10, choices=Status, db_default=Status.INCOMPLETE)
    ordinal = models.BigIntegerField(help_text="Order of arrival within the run and node (D30)")
    arrived = models.PositiveIntegerField(default=0, help_text="Pins that have received their value")
    inputs = JSONText(default=dict, help_text="Values received, except those kept as rows of their own")
    references = JSONText(null=True, help_text="Pin → [output row, selector] for values too large to be copied")
    dispatch = models.PositiveIntegerField(default=0, help_text="Grows with every transition to QUEUED")
    attempt = models.PositiveIntegerField(default=0, help_text="Grows with every claim")
    failures = models.PositiveIntegerField(default=0, help_text="Attempts in which the block failed")
    mishaps = models.PositiveIntegerField(default=0, help_text="Attempts that the engine lost or broke off")
    epoch = models.PositiveIntegerField(default=0, help_text="Grows with every retry after a failure (D14)")
    claim_token = models.UUIDField(null=True)
    holder = models.CharField(max_length=255, null=True)
    worker = models.ForeignKey(
        Worker,
        on_delete=models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="node_executions",
        help_text="Whose process holds it, or held it last; the row may be gone with its process",
    )
    claimed_at = models.DateTimeField(null=True, help_text="When the attempt that holds it, or held it last, began")
    in_chord = models.BooleanField(default=False, help_text="The attempt that holds it is a member of the run's chord")
    entered_epoch = models.PositiveIntegerField(
        null=True, help_text="The epoch in which the block was last called; kept for paid and at-most-once blocks"
    )
    waits_for = models.CharField(max_length=8, choices=Waits, null=True)
    wakes_at = models.DateTimeField(null=True)
    wake_pending = models.BooleanField(default=False)
    has_place = models.BooleanField(default=False, help_text="A place in the run's chord is kept while it waits")
    state = JSONText(null=True, help_text="What the block left for its next step")
    caller = models.ForeignKey(
        "self",
        on_delete=models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        help_text="Whose block has called it: what it puts out goes there, and along no link",
    )
    calls = JSONText(null=True, help_text="Executions whose answers the next step of the block gets, in their order")
    review = models.ForeignKey(
        "Review",
        on_delete=models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        help_text="The last question to a person; its answer is for the next step",
    )
    relayed = models.BooleanField(default=True, help_text="False: an output that the parent run has not taken over yet")
    published_at = models.DateTimeField(null=True)
    publishes = models.PositiveSmallIntegerField(default=0)
    add_time = models.DateTimeField()
    queue_time = models.DateTimeField(null=True)
    start_time = models.DateTimeField(null=True)
    end_time = models.DateTimeField(null=True)
    cost = models.BigIntegerField(default=0, help_text="Credits")
    measured = models.BigIntegerField(
        null=True, help_text="Credits for seconds or bytes, known and settled when it ended; part of the cost"
    )
    walltime = models.FloatField(default=0, help_text="Seconds in the block, all attempts")
    cputime = models.FloatField(default=0, help_text="Seconds of CPU of the block's own thread")
    extra_cost = models.BigIntegerField(default=0, help_text="Credits that a child run has cost")
    extra_steps = models.PositiveIntegerField(default=0, help_text="Node executions of a child run")
    stats = JSONText(default=dict, help_text="The rest of the statistics: error, sizes, notes")

    objects = NodeExecutionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="node_execution_fits_status",
                condition=Q(status=Status.INCOMPLETE, queue_time=None, end_time=None, claim_token=None)
                | Q(status=Status.QUEUED, queue_time__isnull=False, end_time=None, claim_token=None, waits_for=None)
                | (
                    Q(status=Status.RUNNING, start_time__isnull=False, end_time=None)
                    & (Q(claim_token__isnull=False, waits_for=None) | Q(claim_token=None, waits_for__isnull=False))
                )
                | Q(status=Status.REVIEW, start_time__isnull=False, end_time=None, claim_token=None)
                | Q(status__in=FINAL, end_time__isnull=False, claim_token=None, waits_for=None),
                violation_error_message="Times, claim and status do not fit together.",
            ),
            models.UniqueConstraint(
                fields=["run_node", "ordinal"],
                condition=Q(run_node__isnull=False),
                name="node_execution_ordinal_once",
            ),
        ]
        indexes = [
            # the detail of a run, page by page
            models.Index(fields=["run", "id"], name="node_execution_of_run"),
            # is anything outstanding? close what is queued; count what runs (whole: SQLite cannot tell that
            # one list of statuses is part of another, and would not use a partial index)
            models.Index(fields=["run", "status"], name="node_execution_outstanding"),
            # pairing: the oldest waiting execution that lacks a pin
            models.Index(
                fields=["run_node", "ordinal"],
                condition=Q(status=Status.INCOMPLETE),
                name="node_execution_incomplete",
            ),
            # the sweep: what should have been claimed by now
            models.Index(fields=["published_at"], condition=Q(status=Status.QUEUED), name="node_execution_queued"),
            # what the window of its user holds back, in the order in which it was queued
            models.Index(
                fields=["run", "id"], condition=Q(status=Status.QUEUED, published_at=None), name="node_execution_unsent"
            ),
            # the sweep: timers and back-offs that are due
            models.Index(fields=["wakes_at"], condition=Q(waits_for__isnull=False), name="node_execution_waiting"),
            # what a worker holds, and what nobody holds any more
            models.Index(fields=["worker"], condition=Q(claim_token__isnull=False), name="node_execution_held"),
            # a parent's step: outputs of the child that it has not taken over
            models.Index(fields=["run"], condition=Q(relayed=False), name="node_execution_to_relay"),
        ]

    def __str__(self) -> str:
        return f"Node execution {self.pk}"

    @property
    def waiting(self) -> bool:
        return self.waits_for is not None
