"""What is worth telling a person."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from columns import JSONText, new_id
from notifications.timing import Timing


class Notice(models.Model):
    """An event that its user should hear of. A key makes it one event, however often it is recorded."""

    class Kind(models.TextChoices):
        AGENT_RUN = "AGENT_RUN"
        LOW_BALANCE = "LOW_BALANCE"
        ZERO_BALANCE = "ZERO_BALANCE"
        REVIEW_REQUESTED = "REVIEW_REQUESTED"
        AGENT_APPROVED = "AGENT_APPROVED"
        AGENT_REJECTED = "AGENT_REJECTED"
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
    planned_at = models.DateTimeField(null=True, blank=True, help_text="When it was decided how it is told")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], condition=Q(key__isnull=False), name="notice_key_once"),
        ]
        indexes = [
            # a user's notices, newest first
            models.Index(fields=["user", "-created_at"], name="notice_of_user"),
            # what nobody has planned yet
            models.Index(fields=["created_at"], condition=Q(planned_at=None), name="notice_unplanned"),
        ]

    def __str__(self) -> str:
        return self.kind


class Channel(models.TextChoices):
    MAIL = "mail"
    WEBHOOK = "webhook"


class Preference(models.Model):
    """How a user hears of one kind of event, where he has said so; `policy.DEFAULTS` holds otherwise."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notification_preferences", db_index=False
    )
    kind = models.CharField(max_length=40)
    timing = models.CharField(max_length=9, choices=Timing)
    mail = models.BooleanField(default=True)
    webhook = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="preference_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.get_timing_display()}"


class Webhook(models.Model):
    """Where a user's programs hear of events. The secret signs what is sent."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="webhook"
    )
    url = models.URLField(max_length=2000)
    secret = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.url


class Delivery(models.Model):
    """A message to one user by one channel: with one event, or with all of a kind until it is due.

    Its id is what a receiver knows it again by. Whoever sends it has claimed it for a while; who dies meanwhile leaves
    it to somebody else, so it may arrive twice, and is never lost."""

    class State(models.TextChoices):
        WAITING = "waiting"
        RETRYING = "retrying"
        SENT = "sent"
        DROPPED = "dropped", "dropped: it was not wanted any more"
        GIVEN_UP = "given_up", "given up"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=40)
    channel = models.CharField(max_length=7, choices=Channel)
    timing = models.CharField(max_length=9, choices=Timing)
    state = models.CharField(max_length=8, choices=State, db_default=State.WAITING)
    due_at = models.DateTimeField(help_text="When it is sent; while it waits, more of its kind may join it")
    claimed_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True, default="", help_text="Of the last attempt")
    sent_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind", "channel"],
                condition=Q(state="waiting", attempts=0) & ~Q(timing="immediate"),
                name="delivery_one_open",
            ),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False) | (~Q(state="sent") & Q(sent_at=None)),
                name="delivery_sent_has_time",
            ),
        ]
        indexes = [
            # what has to be sent now
            models.Index(fields=["due_at"], condition=Q(state__in=["waiting", "retrying"]), name="delivery_due"),
            # what a user was sent
            models.Index(fields=["user", "-created_at"], name="delivery_of_user"),
            # how many are late
            models.Index(fields=["state"], name="delivery_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} by {self.channel}"


class DeliveryItem(models.Model):
    """An event in a message: by each channel it is told in one."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="items")
    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="+", db_index=False)
    channel = models.CharField(max_length=7, choices=Channel)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["notice", "channel"], name="delivery_item_once")]

    def __str__(self) -> str:
        return f"{self.notice_id} in {self.delivery_id}"
