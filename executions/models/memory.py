from django.conf import settings
from django.db import models

from columns import JSONText, new_id
from executions.models.nodes import NodeExecution


class Remembered(models.Model):
    """A value that blocks keep for later runs: one for each user and key. The key says whose agent it belongs to."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="remembered", db_index=False
    )
    key = models.CharField(max_length=600, help_text="agent/{graph}/{key}, or shared/{key}")
    value = JSONText(null=True)
    node_execution = models.ForeignKey(
        NodeExecution,
        on_delete=models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        help_text="Which kept it; the row may be gone with its run",
    )
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "remembered values"
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="remembered_once")]

    def __str__(self) -> str:
        return self.key
