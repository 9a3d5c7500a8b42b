"""What the page of one run shows, read with a number of queries that does not depend on the run's size."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.contrib import admin
from django.urls import reverse

from executions import detail
from executions.admin import markup, standing
from executions.facts import facts_of
from executions.models import GraphExecution, NodeExecution, RunBudget
from executions.moderation import MARKER
from executions.moderation.hiding import hides, hides_inputs, masked
from executions.waiting import waiting_for
from executions.wording import NOTHING, ago, duration, name_of
from graphs.models import GraphVersion
from graphs.plan import Plan

SHOWN: Final = 200
VALUES: Final = 20  # of one output
CHILDREN: Final = 50

Fact = tuple[str, Any]


@dataclass(frozen=True)
class Row:
    """A node execution in the table of its run."""

    execution: NodeExecution
    name: str
    state: str
    queued: str | None
    took: str
    note: str
    child: GraphExecution | None


def run_page(run: GraphExecution) -> dict[str, Any]:
    counts, stats = standing.counts_of(run), run.stats or detail.live_statistics(run) or {}
    plan = facts_of(run.pk).plan
    every = f"{reverse('admin:executions_nodeexecution_changelist')}?run__id__exact={run.pk}"
    return {
        "title": str(run.graph_version),
        "subtitle": None,
        "run": run,
        "state": markup.badge_of_run(run),
        "sentence": standing.of_end(run),
        "waits": waiting_for(run),
        "counts": counts,
        "stats": stats,
        "took": duration(stats.get("duration")),
        "in_blocks": duration(stats.get("node_exec_time")),
        "computed": duration(stats.get("node_exec_time_cpu_only")),
        "facts": list(_facts(run)),
        "given": list(_given(run)),
        "outputs": list(_outputs(run)),
        "rows": _rows(run, plan),
        "more": max(0, counts.total - SHOWN),
        "every_node": every,
        "unmet": _unmet(run, plan),
        "children": list(run.children.select_related("graph_version").order_by("pk")[:CHILDREN]),
    }


def _facts(run: GraphExecution) -> Iterable[Fact]:
    yield "Run", run.pk
    yield "Graph", _graph(run.graph_version)
    yield "Owner", markup.link("accounts_user", run.user_id, str(run.user))
    if run.parent_id is not None and run.parent_node_execution_id is not None:
        yield (
            "Started by",
            markup.link("executions_nodeexecution", run.parent_node_execution_id, "a node"),
        )
        yield "Run above", markup.link("executions_graphexecution", run.parent_id, str(run.parent_id))
        yield "Topmost run", markup.link("executions_graphexecution", run.root_id, str(run.root_id))
    yield "Created", markup.moment(run.created_at)
    yield "Started", markup.moment(run.started_at)
    yield "Ended", markup.moment(run.ended_at)
    if run.stop_requested_at is not None:
        yield "Stop requested", markup.moment(run.stop_requested_at)
    if run.paused_at is not None:
        yield "Paused", markup.moment(run.paused_at)
    if run.max_cost is not None:
        spent = RunBudget.objects.filter(run=run.root_id).values_list("spent", flat=True).first() or 0
        yield "Budget", f"{spent} of {run.max_cost} credits spent"
    if run.retries:
        yield "Retried", markup.times(run.retries)
    yield from _messages(run)


def _messages(run: GraphExecution) -> Iterable[Fact]:
    """What travels for the run outside of the database."""
    if not run.is_final:
        yield "Chord", run.chord_id or "none: the rows alone tell when the run has ended"
        yield "Admission", f"sent {markup.times(run.publishes)}, the last time {ago(run.published_at)} ago"
    yield "Around the run", run.get_epilogue_display() or "nothing is under way"
    if run.moderation:
        yield "Hidden by moderation", run.get_moderation_display()


def _graph(version: GraphVersion) -> Any:
    if admin.site.is_registered(GraphVersion):
        return markup.link("graphs_graphversion", version.pk, str(version))
    return f"{version} ({version.graph_id})"


def _given(run: GraphExecution) -> Iterable[Fact]:
    """What the run was started with, as far as there is something."""
    kinds = {
        "Inputs": masked(run.inputs) if hides_inputs(run) else run.inputs,
        "Credentials": run.credentials_inputs,
        "Masks of nodes": masked(run.nodes_input_masks) if hides_inputs(run) else run.nodes_input_masks,
        "Skipped nodes": run.nodes_to_skip,
        "Warnings": run.warnings,
    }
    return ((name, markup.value(given)) for name, given in kinds.items() if given)


def _outputs(run: GraphExecution) -> Iterable[tuple[str, list[str], int]]:
    """Name, its first values, and how many more there are."""
    for name, values in detail.outputs(run).items():
        shown = [text if isinstance(text, str) else markup.value(text) for text in values[:VALUES]]
        yield name, [markup.cut(text) for text in shown], max(0, len(values) - VALUES)


def _rows(run: GraphExecution, plan: Plan) -> list[Row]:
    nodes = NodeExecution.objects.filter(run_id=run.pk).defer("inputs", "references", "state")
    executions = list(nodes.order_by("pk")[:SHOWN])
    ids = [one.pk for one in executions]
    below = GraphExecution.objects.filter(parent_node_execution__in=ids).order_by("parent_epoch")
    children = {child.parent_node_execution_id: child for child in below.select_related("graph_version")}
    return [_row(run, one, plan, children.get(one.pk)) for one in executions]


def _row(run: GraphExecution, one: NodeExecution, plan: Plan, child: GraphExecution | None) -> Row:
    return Row(
        execution=one,
        name=node_name(plan, one.node_id),
        state=markup.badge_of(one),
        queued=(markup.moment(one.queue_time) or "")[11:],
        took=duration(one.walltime) if one.attempt else NOTHING,
        note=(MARKER if hides(run) and one.stats.get("error") else markup.line(one.stats.get("error"), 160))
        or standing.of_execution(one, run),
        child=child,
    )


def _unmet(run: GraphExecution, plan: Plan) -> list[dict[str, Any]]:
    return [
        {**one, "name": node_name(plan, UUID(one["node_id"])), "pins": ", ".join(one["missing"])}
        for one in detail.unmet_inputs(run)[:SHOWN]
    ]


def node_name(plan: Plan, node_id: UUID) -> str:
    node = plan.nodes[node_id]
    return name_of(node.block_id, node.metadata)
