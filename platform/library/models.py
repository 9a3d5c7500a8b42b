from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from columns import JSONText, new_id
from graphs.models import Graph, GraphVersion
from library.querysets import ListingQuerySet
from library.states import State


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


class Listing(models.Model):
    """A version of a graph that its owner offers to everybody here. Others see it while it is APPROVED.

    The listings of one graph share the slug and are numbered; at most one of them is approved, the one in the store."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="listings", db_index=False
    )
    graph_version = models.ForeignKey(GraphVersion, on_delete=models.CASCADE, related_name="listings")
    slug = models.SlugField(max_length=100, db_index=False, help_text="The short name, unique for its owner")
    version = models.PositiveIntegerField(help_text="1 is the first that was published under the slug")
    state = models.CharField(max_length=9, choices=State, default=State.PENDING)
    name = models.CharField(max_length=1000)
    sub_heading = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True)
    categories = JSONText(default=list)
    image_url = models.URLField(max_length=2000, blank=True)
    rating = models.FloatField(null=True, blank=True, help_text="From 0 to 5, by administrators; empty: not rated")
    runs = models.PositiveBigIntegerField(default=0, help_text="Of the graph and its copies, counted every hour")
    created_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True, blank=True, help_text="When it was approved or rejected")

    objects = ListingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "slug", "version"], name="listing_version_once"),
            models.UniqueConstraint(
                fields=["owner", "slug"], condition=Q(state=State.APPROVED), name="listing_offered_once"
            ),
            models.CheckConstraint(
                condition=Q(rating=None) | Q(rating__gte=0, rating__lte=5),
                name="listing_rating_from_0_to_5",
                violation_error_message="A rating is a number from 0 to 5.",
            ),
        ]
        indexes = [
            # what waits for an administrator, and what the store offers
            models.Index(fields=["state", "created_at"], name="listing_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class Copy(models.Model):
    """The graph that a user got by adding a listing: one of each, until it is deleted and added anew."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="copies")
    graph = models.ForeignKey(Graph, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "copies"
        constraints = [models.UniqueConstraint(fields=["user", "listing"], name="copy_once")]

    def __str__(self) -> str:
        return f"{self.listing_id} of {self.user_id}"
