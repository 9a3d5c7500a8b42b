"""A run in the form of the API, and what of it two runs must have in common."""

import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from tests.reference.blocks import BY_ID
from tests.reference.interpreter import Execution, Interpretation, Node

Json = dict[str, Any]


def as_detail(run: Interpretation) -> Json:
    """The reference run as the API would answer it."""
    claimed = [one for one in run.executions if one.coming is not None]
    return {
        "status": "COMPLETED",
        "inputs": dict(run.inputs),
        "outputs": _outputs(run),
        "stats": {
            "node_exec_count": len(claimed),
            "node_error_count": sum(one.status == "FAILED" for one in claimed),
            "error": None,
        },
        "node_executions": [_node_execution(run.nodes[one.node], one) for one in run.executions],
        "unmet_inputs": [
            {"node_exec_id": _id(one), "node_id": one.node, "missing": _missing(run.nodes[one.node], one)}
            for one in run.executions
            if one.status == "INCOMPLETE"
        ],
    }


def _id(execution: Execution) -> str:
    return f"{execution.node}#{execution.number}"


def _outputs(run: Interpretation) -> dict[str, list[Any]]:
    """2.11 and D30: the raw values, in the order in which their executions were made."""
    outputs: dict[str, list[Any]] = defaultdict(list)
    for node in run.nodes.values():
        for one in node.executions if node.block.type == "OUTPUT" else ():
            if one.data is not None and not node.skipped:
                outputs[one.data["name"]].append(one.data.get("value"))
    return dict(outputs)


def _node_execution(node: Node, execution: Execution) -> Json:
    emitted: dict[str, list[Any]] = defaultdict(list)
    for name, value in execution.outputs:
        emitted[name].append(value)
    return {
        "node_exec_id": _id(execution),
        "node_id": execution.node,
        "block_id": node.block.id,
        "status": execution.status,
        "input_data": execution.stored if execution.data is None else execution.data,
        "output_data": dict(emitted),
        "stats": {
            "error": "skipped" if execution.status == "TERMINATED" else execution.error,
            "routing_errors": [""] * execution.lost,
        },
    }


def _missing(node: Node, execution: Execution) -> list[str]:
    """D6: linked pins that got no value, and required ones that got null."""
    known = {**node.constants, **execution.stored, **node.mask}
    absent = {link.sink_name for link in node.inbound} - {*execution.stored, *node.mask}
    null = {name for name, pin in node.block.inputs.items() if pin.required and name in known and known[name] is None}
    return sorted(absent | null)


# -- What is compared


def exact(detail: Mapping[str, Any]) -> Json:
    """Everything but ids and times; executions by node, in the order of the answer.

    Only the order of the values of one output node means something, not that of two which have one name."""
    nodes: dict[str, list[Json]] = defaultdict(list)
    for one in detail["node_executions"]:
        nodes[one["node_id"]].append(_facts(one))
    facts = {**_totals(detail), "nodes": dict(nodes), "unmet": _unmet(detail)}
    facts["outputs"] |= {name: _sorted(facts["outputs"][name]) for name in _shared_names(detail)}
    return facts


def _shared_names(detail: Mapping[str, Any]) -> set[str]:
    """Names of outputs to which several nodes have contributed."""
    sources: dict[str, set[str]] = defaultdict(set)
    for one in detail["node_executions"]:
        name = one["input_data"].get("name")
        if name in detail["outputs"] and BY_ID[one["block_id"]].type == "OUTPUT":
            sources[name].add(one["node_id"])
    return {name for name, nodes in sources.items() if len(nodes) > 1}


def unordered(detail: Mapping[str, Any]) -> Json:
    """The same without the order of the executions of a node, of the values of an output, and of what waited."""
    facts = exact(detail)
    return facts | {
        "nodes": {node: _sorted(executions) for node, executions in facts["nodes"].items()},
        "outputs": {name: _sorted(values) for name, values in facts["outputs"].items()},
        "unmet": _sorted(facts["unmet"].values()),
    }


def _totals(detail: Mapping[str, Any]) -> Json:
    stats = detail["stats"]
    totals = {name: stats[name] or 0 for name in ("node_exec_count", "node_error_count")}
    return {"status": detail["status"], "error": stats["error"], "outputs": _listed(detail["outputs"]), **totals}


def _facts(one: Mapping[str, Any]) -> Json:
    error = one["stats"]["error"]
    return {
        "status": one["status"],
        "input": _listed(one["input_data"]),
        "output": _listed(one["output_data"]),
        "error": "some reason" if error and one["status"] == "TERMINATED" else error,
        "lost": len(one["stats"].get("routing_errors", [])),
    }


def _listed(values: Mapping[str, Any]) -> dict[str, str | list[str]]:
    """Values as JSON text, in which 1, 1.0 and true differ and the order of keys is kept."""
    return {name: list(map(json.dumps, v)) if isinstance(v, list) else json.dumps(v) for name, v in values.items()}


def _unmet(detail: Mapping[str, Any]) -> dict[str, list[str]]:
    number: dict[str, str] = {}
    counts: dict[str, int] = defaultdict(int)
    for one in detail["node_executions"]:
        number[one["node_exec_id"]] = f"{one['node_id']}#{counts[one['node_id']]}"
        counts[one["node_id"]] += 1
    return {number[one["node_exec_id"]]: sorted(one["missing"]) for one in detail["unmet_inputs"]}


def _sorted(values: Any) -> list[Any]:
    return sorted(values, key=lambda value: json.dumps(value, sort_keys=True))
