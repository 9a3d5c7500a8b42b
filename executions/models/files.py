from django.db import models

from columns import new_id
from executions.models.runs import GraphExecution


class RunFile(models.Model):
    """A file of a run, where the file storage is no folder; there is one of each name. A run that has completed has
    none, but for a moment."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    run = models.ForeignKey(GraphExecution, on_delete=models.CASCADE, related_name="files", db_index=False)
    name = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField(help_text="Bytes")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the content")
    file = models.CharField(max_length=255, help_text="Name in the file storage")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "name"], name="run_file_once")]

    def __str__(self) -> str:
        return self.name
