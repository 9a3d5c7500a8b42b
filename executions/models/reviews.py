from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from columns import JSONText, new_id
from executions.models.nodes import NodeExecution
from executions.models.runs import GraphExecution
from executions.querysets import ReviewQuerySet
from executions.states import Verdict
from graphs.models import Node


class Review(models.Model):
    """A person is asked about one node execution, which waits in REVIEW. It is decided once, and then never changes."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    node_execution = models.ForeignKey(NodeExecution, on_delete=models.CASCADE, related_name="reviews", db_index=False)
    number = models.PositiveIntegerField(help_text="Of those of this node execution, from 0")
    run = models.ForeignKey(GraphExecution, on_delete=models.CASCADE, related_name="reviews", db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="reviews",
        db_index=False,
    )
    sensitive = models.BooleanField(help_text="Asked before a sensitive action: the payload is the input of the block")
    payload = JSONText(null=True)
    instructions = models.TextField(blank=True)
    editable = models.BooleanField()
    status = models.CharField(max_length=8, choices=Verdict, db_default=Verdict.WAITING)
    reviewed_data = JSONText(null=True, help_text="What the person made of the payload")
    was_edited = models.BooleanField(default=False)
    message = models.TextField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    reviewed_at = models.DateTimeField(null=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["node_execution", "number"], name="review_number_once"),
            models.UniqueConstraint(
                fields=["node_execution"], condition=Q(status=Verdict.WAITING), name="review_one_waits"
            ),
            models.CheckConstraint(
                name="review_time_fits_status",
                condition=Q(status=Verdict.WAITING, reviewed_at=None, was_edited=False)
                | Q(~Q(status=Verdict.WAITING), reviewed_at__isnull=False),
                violation_error_message="The time does not fit the status.",
            ),
        ]
        indexes = [
            # what waits for a person, newest first
            models.Index(fields=["user", "-created_at"], condition=Q(status=Verdict.WAITING), name="review_waiting"),
            # the reviews of a run
            models.Index(fields=["run", "created_at"], name="review_of_run"),
        ]

    def __str__(self) -> str:
        return self.instructions or f"Review {self.pk}"

    @property
    def decided_data(self) -> Any:
        """What the node goes on with."""
        return self.reviewed_data if self.was_edited else self.payload


class StandingApproval(models.Model):
    """For the rest of the run nobody is asked about this node any more."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(GraphExecution, on_delete=models.CASCADE, related_name="standing_approvals", db_index=False)
    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="+", db_index=False)
    given_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "node"], name="standing_approval_once")]

    def __str__(self) -> str:
        return f"{self.node_id} in {self.run_id}"
