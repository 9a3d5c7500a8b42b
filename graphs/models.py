from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from columns import JSONText, new_id


class Graph(models.Model):
    """What a person calls "my agent": the family of its versions. Deleting hides it; its runs stay readable."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="graphs")
    active_version = models.PositiveIntegerField(db_default=1)
    human_in_the_loop_safe_mode = models.BooleanField(
        db_default=True, help_text="Human-in-the-loop nodes wait for a person; otherwise they approve by themselves"
    )
    sensitive_action_safe_mode = models.BooleanField(
        db_default=False, help_text="A person is asked before every sensitive action"
    )
    created_at = models.DateTimeField(db_default=Now())
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            # the owner's list of graphs, newest first
            models.Index(fields=["owner", "-created_at"], condition=Q(deleted_at=None), name="graph_of_owner"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class GraphVersion(models.Model):
    """One state of a graph. Written once with its nodes and links, never changed afterwards."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    graph = models.ForeignKey(Graph, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    name = models.CharField(max_length=1000)
    description = models.TextField(blank=True, default="")
    instructions = models.TextField(null=True, blank=True)
    recommended_schedule_cron = models.CharField(max_length=255, null=True, blank=True)
    forked_from_id = models.UUIDField(null=True, blank=True)
    forked_from_version = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["graph", "version"], name="graph_version_once"),
            models.CheckConstraint(condition=Q(version__gte=1), name="graph_version_starts_at_1"),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class Node(models.Model):
    """A block with its constant input, placed in one version of a graph."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    graph_version = models.ForeignKey(GraphVersion, on_delete=models.CASCADE, related_name="nodes")
    block_id = models.CharField(max_length=64)
    input_default = JSONText(default=dict)
    metadata = JSONText(default=dict)
    position = models.PositiveIntegerField(help_text="Place in the order of the graph's nodes, from 0")
    webhook_id = models.CharField(max_length=64, null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["graph_version", "position"], name="node_position_once")]

    def __str__(self) -> str:
        return f"Node {self.id}"


class Link(models.Model):
    """A directed edge from an output pin to an input pin of the same version."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    graph_version = models.ForeignKey(GraphVersion, on_delete=models.CASCADE, related_name="links")
    source = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="output_links")
    sink = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="input_links")
    source_name = models.TextField()
    sink_name = models.TextField()
    is_static = models.BooleanField(default=False)
    position = models.PositiveIntegerField(help_text="Place in the order of the graph's links, from 0")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["graph_version", "position"], name="link_position_once")]

    def __str__(self) -> str:
        return f"{self.source_id}.{self.source_name} → {self.sink_id}.{self.sink_name}"
