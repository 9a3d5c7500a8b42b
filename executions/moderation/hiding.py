"""What readers of a run see of it while moderation hides a part: markers in the place of values."""

from collections.abc import Mapping
from typing import Any

from executions.models import GraphExecution
from executions.moderation import MARKER
from executions.states import Moderation

_OUTPUTS = {Moderation.PENDING, Moderation.OUTPUTS}


def hides_inputs(run: GraphExecution) -> bool:
    return run.moderation == Moderation.INPUTS


def hides_outputs(run: GraphExecution) -> bool:
    """What was rejected, and what has not been judged yet. Nothing came out where the inputs were rejected."""
    return run.moderation in _OUTPUTS


def hides(run: GraphExecution) -> bool:
    return hides_inputs(run) or hides_outputs(run)


def masked(values: Mapping[str, Any]) -> dict[str, Any]:
    """The names stay, so that a reader sees what there is."""
    return {name: [MARKER] if isinstance(value, list) else MARKER for name, value in values.items()}
