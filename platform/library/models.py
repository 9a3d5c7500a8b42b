from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from columns import JSONText, new_id
from graphs.models import Graph, GraphVersion


class Webhook(models.Model):
    """An address at which somebody outside starts runs: of its graph, and of the active presets that name it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="webhooks")
    provider = models.CharField(max_length=64)
    graph = models.ForeignKey(
        Graph, on_delete=models.CASCADE, null=True, blank=True, related_name="webhooks", db_index=False
    )
    requires_signature = models.BooleanField(
        default=True, help_text="Without one, whoever knows the address can start runs"
    )
    rotation = models.PositiveIntegerField(default=0, help_text="Grows when the secret is replaced")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["graph", "provider"], condition=Q(graph__isnull=False), name="webhook_of_graph_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.pk}"


class Preset(models.Model):
    """Inputs that a graph version is run with again and again, by hand or by a webhook. Deleting hides it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="presets", db_index=False)
    graph_version = models.ForeignKey(GraphVersion, on_delete=models.PROTECT, related_name="presets")
    name = models.CharField(max_length=255)
    description = models.TextField(blank=True)
    inputs = JSONText(default=dict)
    credentials = JSONText(default=dict)
    max_cost = models.PositiveBigIntegerField(null=True, blank=True, help_text="Credits that a run of it may cost")
    is_active = models.BooleanField(default=True, help_text="Its webhook starts runs")
    webhook = models.ForeignKey(Webhook, on_delete=models.SET_NULL, null=True, blank=True, related_name="presets")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            # the owner's presets, newest first
            models.Index(fields=["user", "-updated_at"], condition=Q(deleted_at=None), name="preset_of_user"),
        ]

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """One message to a webhook, acted upon once however often it is sent: what it started, and what went wrong."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    delivery_id = models.CharField(max_length=255, help_text="As the sender names it")
    runs = JSONText(default=list, help_text="Ids of the runs that it started")
    errors = JSONText(default=list, help_text="For each run that was refused: of what, code, message")
    received_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [models.UniqueConstraint(fields=["webhook", "delivery_id"], name="delivery_once")]
        indexes = [
            # the newest of a webhook; those that are old enough to be forgotten
            models.Index(fields=["webhook", "received_at"], name="delivery_of_webhook"),
        ]

    def __str__(self) -> str:
        return self.delivery_id
