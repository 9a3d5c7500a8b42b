"""What a run has come to, read from its rows: what two runs of the same graph with the same inputs have in common."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Sum

from config.chaos.graphs import Stored
from credits.models import CreditTransaction
from executions import values
from executions.detail import outputs
from executions.engine.attempt import MAYBE_EXECUTED
from executions.models import GraphExecution, NodeExecution, NodeOutput
from executions.states import FINAL, Status

SHORT = 200


@dataclass
class OfNode:
    """All executions of one node, in all sub-runs of the same place. `emitted`: (pin, value) with how often."""

    statuses: Counter[str] = field(default_factory=Counter)
    emitted: Counter[tuple[str, str]] = field(default_factory=Counter)
    charged: int = 0
    perhaps: bool = False  # one is FAILED because it may have been executed


@dataclass
class Found:
    """`outputs`: name → values in their order. `nodes`: the place of a node (`branch/leaf/add`) → what it did.
    `odd`: what no run may have, whatever its graph."""

    status: str = ""
    stopping: bool = False
    outputs: dict[str, list[str]] = field(default_factory=dict)
    nodes: dict[str, OfNode] = field(default_factory=dict)
    count: int | None = None
    last_start: datetime | None = None
    ended_at: datetime | None = None
    odd: list[str] = field(default_factory=list)


def found(run: GraphExecution, stored: Mapping[UUID, Stored]) -> Found:
    """Everything below this root run."""
    whole = Found(status=run.status, stopping=run.stop_requested_at is not None, ended_at=run.ended_at)
    whole.count = (run.stats or {}).get("node_exec_count")
    whole.outputs = {name: [_short(value) for value in many] for name, many in outputs(run).items()}
    runs = {one.pk: one for one in GraphExecution.objects.filter(root_id=run.pk)}
    executions = {one.pk: one for one in NodeExecution.objects.filter(run_id__in=runs)}
    places = _places(runs, executions, stored)
    for one in executions.values():
        _add_execution(whole, places[one.pk], one)
    _add_outputs(whole, places, executions)
    _add_charges(whole, places, executions)
    whole.odd += [f"sub-run {one.pk} is {one.status}" for one in runs.values() if one.status not in FINAL]
    return whole


def _places(
    runs: Mapping[UUID, GraphExecution], executions: Mapping[UUID, NodeExecution], stored: Mapping[UUID, Stored]
) -> dict[UUID, str]:
    def place(one: NodeExecution) -> str:
        run = runs[one.run_id]
        key = stored[run.graph_version_id].keys[one.node_id]
        parent = None if run.parent_node_execution_id is None else executions[run.parent_node_execution_id]
        return key if parent is None else f"{place(parent)}/{key}"

    return {pk: place(one) for pk, one in executions.items()}


def _add_execution(whole: Found, place: str, one: NodeExecution) -> None:
    node = whole.nodes.setdefault(place, OfNode())
    node.statuses[one.status] += 1
    node.perhaps = node.perhaps or (one.status == Status.FAILED and MAYBE_EXECUTED in str(one.stats.get("error")))
    begun = max((at for at in (one.start_time, one.claimed_at) if at is not None), default=None)
    if begun is not None:
        whole.last_start = begun if whole.last_start is None else max(begun, whole.last_start)
    if one.status not in FINAL and one.status != Status.INCOMPLETE:
        whole.odd.append(f"{place} ({one.pk}) is {one.status}")
    if one.claim_token is not None or one.waits_for is not None:
        whole.odd.append(f"{place} ({one.pk}) is held or waits although its run has ended")
    if one.stats.get("replay_diverged"):
        whole.odd.append(f"{place} ({one.pk}) emitted something else when it was called again")
    if one.stats.get("routing_errors"):
        whole.odd.append(f"{place} ({one.pk}) could not route: {one.stats['routing_errors']}")


def _add_outputs(whole: Found, places: Mapping[UUID, str], executions: Mapping[UUID, NodeExecution]) -> None:
    expected: Counter[tuple[UUID, int]] = Counter()
    rows = NodeOutput.objects.filter(node_execution__in=executions)
    for row in rows.order_by("node_execution_id", "epoch", "sequence"):
        place = places[row.node_execution_id]
        whole.nodes[place].emitted[row.pin, _short(values.content(row))] += 1
        number = expected[row.node_execution_id, row.epoch]
        if row.sequence != number:
            whole.odd.append(f"{place} ({row.node_execution_id}): output {number} is missing, {row.sequence} follows")
        expected[row.node_execution_id, row.epoch] = row.sequence + 1


def _add_charges(whole: Found, places: Mapping[UUID, str], executions: Mapping[UUID, NodeExecution]) -> None:
    """Charges minus refunds of each execution: exactly what the execution says that it cost."""
    booked = CreditTransaction.objects.filter(node_execution_id__in=executions).order_by()
    net = {pk: -total for pk, total in booked.values_list("node_execution_id").annotate(total=Sum("amount"))}
    for pk, one in executions.items():
        charged = net.get(pk, 0)
        whole.nodes[places[pk]].charged += charged
        if charged != one.cost:
            whole.odd.append(f"{places[pk]} ({pk}) says that it cost {one.cost}, the ledger says {charged}")


def _short(value: Any) -> str:
    text = json.dumps(value, sort_keys=True)
    if len(text) <= SHORT:
        return text
    return f"{text[:40]}… {len(text)} characters, {hashlib.sha256(text.encode()).hexdigest()[:16]}"
