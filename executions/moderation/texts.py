"""The text of a run: what goes into it, and what its nodes put out."""

from collections.abc import Iterator
from typing import Any

from executions import values
from executions.models import GraphExecution, NodeOutput
from graphs import services as graphs
from graphs.plans import plan_of


def of_inputs(run: GraphExecution) -> Iterator[str]:
    """Inputs, masks, and what stands in the nodes of the graph and of those below it."""
    yield from strings([run.inputs, run.nodes_input_masks])
    for version in (run.graph_version, *graphs.sub_versions(run.graph_version)):
        for node in plan_of(version.pk).nodes.values():
            yield from strings(node.constants)


def of_outputs(run: GraphExecution) -> Iterator[str]:
    """Everything that its nodes have put out; large values are read one after the other."""
    for output in NodeOutput.objects.filter(node_execution__run=run.pk).order_by("pk").iterator(chunk_size=100):
        yield from strings(values.content(output))


def strings(value: Any) -> Iterator[str]:
    """Every text inside of a value, names of entries too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from strings(inner)
