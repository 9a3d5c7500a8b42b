"""The input of a node execution: constants, what arrived, and the mask, assembled, converted and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from blocks.sdk.errors import ConversionError
from blocks.sdk.kinds import BlockType
from blocks.sdk.spec import BlockSpec
from graphs.pins import PinError, is_dynamic, merge
from graphs.plan import PlanNode


@dataclass(frozen=True, slots=True)
class Prepared:
    """The data as far as it could be prepared, what keeps the node from running with it, and what was guessed."""

    data: dict[str, Any]
    problem: str | None
    guesses: tuple[str, ...] = ()


def prepare(
    node: PlanNode, spec: BlockSpec, received: Mapping[str, Any], mask: Mapping[str, Any] | None = None
) -> Prepared:
    """Is the node ready to run with what it received? Never raises for data of users.

    A pin with a link has to receive a value: its constant is no substitute, a mask is. Late pins have to when the
    block says so."""
    data = _laid_over(node, received, mask)
    unmet = [pin for pin in node.pins if pin not in received and not (mask and pin in mask) and pin not in node.late]
    guesses: tuple[str, ...] = ()
    try:
        if node.dynamic or (mask and any(map(is_dynamic, mask))):
            data = merge(data)
        if node.agent is None:
            given, data = data, spec.convert(data)
            guesses = spec.guesses(given, data)
    except (PinError, ConversionError) as wrong:
        return Prepared(data, _unmet(unmet) or str(wrong))
    if node.late:
        unmet += awaited(node, spec, data)
    problem = _unmet(unmet)
    if problem is None:
        problem = spec.problem(data) if node.agent is None else node.agent.problem(data)
    return Prepared(data, problem, guesses)


def awaited(node: PlanNode, spec: BlockSpec, data: Mapping[str, Any]) -> list[str]:
    """The late pins of a node without which it is not ready to run with `data`."""
    return sorted(node.late.intersection(spec.awaits(data))) if node.late else []


def _unmet(pins: list[str]) -> str | None:
    return f"no value has arrived for: {', '.join(sorted(pins))}" if pins else None


def starting_data(node: PlanNode, spec: BlockSpec, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What a node receives when the run is created: an input node its graph input, even null; others nothing."""
    name = node.constants.get("name")
    if spec.block_type is BlockType.INPUT and isinstance(name, str) and name in inputs:
        return {"value": inputs[name]}
    return {}


def _laid_over(node: PlanNode, received: Mapping[str, Any], mask: Mapping[str, Any] | None) -> dict[str, Any]:
    constants = node.constants if node.agent is None else node.agent.inputs
    if node.nested:
        constants = {name: _copy(value) for name, value in constants.items()}
    if not mask:
        return {**constants, **received}
    return {**constants, **received, **{pin: _copy(value) for pin, value in mask.items()}}


def _copy(value: Any) -> Any:
    """Plain data of its own: plans and masks are shared by executions, and a block may change what it is given."""
    if isinstance(value, dict):
        return {name: _copy(inner) for name, inner in value.items()}
    return [_copy(inner) for inner in value] if isinstance(value, list) else value
