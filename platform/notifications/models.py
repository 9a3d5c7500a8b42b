"""What is worth telling a person."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from columns import JSONText, new_id


class Notice(models.Model):
    """An event that its user should hear of. A key makes it one event, however often it is recorded."""

    class Kind(models.TextChoices):
        AGENT_RUN = "AGENT_RUN"
        LOW_BALANCE = "LOW_BALANCE"
        ZERO_BALANCE = "ZERO_BALANCE"
        REVIEW_REQUESTED = "REVIEW_REQUESTED"
        REFUND_REQUEST = "REFUND_REQUEST"
        REFUND_PROCESSED = "REFUND_PROCESSED"
        SCHEDULE_FAILED = "SCHEDULE_FAILED"
        SCHEDULE_PAUSED = "SCHEDULE_PAUSED"
        LATE_RUN = "LATE_RUN"
        ERROR_RATE = "ERROR_RATE"
        LEDGER_DIFFERS = "LEDGER_DIFFERS"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices", db_index=False)
    kind = models.CharField(max_length=40, choices=Kind)
    data = JSONText(default=dict)
    key = models.CharField(max_length=255, null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], condition=Q(key__isnull=False), name="notice_key_once"),
        ]
        indexes = [
            # a user's notices, newest first
            models.Index(fields=["user", "-created_at"], name="notice_of_user"),
        ]

    def __str__(self) -> str:
        return self.kind
