from django.db import models
from django.db.models import Q

from columns import JSONText
from executions.models.nodes import NodeExecution, RunNode


class NodeOutput(models.Model):
    """A value that a node execution emitted. Stored once and routed in the same transaction."""

    id = models.BigAutoField(primary_key=True)
    node_execution = models.ForeignKey(NodeExecution, on_delete=models.CASCADE, db_index=False, related_name="outputs")
    epoch = models.PositiveIntegerField(default=0)
    sequence = models.PositiveIntegerField()
    pin = models.TextField()
    data = JSONText(null=True, help_text="The value; null when it is kept in a file")
    file = models.CharField(max_length=255, null=True, help_text="Name in the file storage")
    size = models.PositiveIntegerField(help_text="Bytes of JSON")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["node_execution", "epoch", "sequence"], name="node_output_once"),
        ]

    def __str__(self) -> str:
        return f"{self.pin} of {self.node_execution_id}"


class NodeInput(models.Model):
    """A value that arrived on one pin of a node where values are paired; the k-th of a pin is never another's."""

    id = models.BigAutoField(primary_key=True)
    run_node = models.ForeignKey(RunNode, on_delete=models.CASCADE, db_index=False, related_name="arrivals")
    ordinal = models.BigIntegerField(help_text="The execution of the node that the value belongs to")
    pin = models.TextField()
    value = JSONText(null=True)
    output = models.ForeignKey(NodeOutput, on_delete=models.CASCADE, null=True, db_index=False, related_name="+")
    selector = models.TextField(null=True, help_text="Part of the output that was delivered")

    class Meta:
        constraints = [
            # also answers: which execution got the last value of this pin?
            models.UniqueConstraint(fields=["run_node", "pin", "ordinal"], name="node_input_once"),
            models.CheckConstraint(
                condition=Q(output=None) | Q(value=None), name="node_input_is_a_value_or_a_reference"
            ),
        ]
        indexes = [
            # the values of one execution
            models.Index(fields=["run_node", "ordinal"], name="node_input_of_execution"),
        ]

    def __str__(self) -> str:
        return f"{self.pin} of {self.run_node_id}/{self.ordinal}"
