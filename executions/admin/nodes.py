"""The list of node executions, and the page of one with its outputs."""

from typing import Any, Final
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.db.models.functions import Left
from django.http import HttpRequest, HttpResponse

from executions import detail, values
from executions.admin import markup, standing
from executions.admin.history import FirstPages, History
from executions.facts import facts_of
from executions.models import GraphExecution, NodeExecution, NodeOutput
from executions.moderation import MARKER
from executions.moderation.hiding import hides, masked
from executions.waiting import reason_of
from executions.wording import NOTHING, duration, name_of

SHOWN: Final = 100
START: Final = 1000  # characters of an output


class OutputInline(admin.TabularInline[NodeOutput, NodeExecution]):
    """The first outputs, and of each its beginning: what is kept in a file stays there."""

    model = NodeOutput
    verbose_name_plural = f"Outputs (the first {SHOWN})"
    fields = ["sequence", "epoch", "pin", "value", "size"]
    readonly_fields = ["sequence", "epoch", "pin", "value", "size"]
    ordering = ["epoch", "sequence"]
    extra = max_num = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[NodeOutput]:
        outputs = super().get_queryset(request).filter(sequence__lt=SHOWN)
        return outputs.defer("data").select_related("node_execution__run").annotate(beginning=Left("data", START))

    @admin.display(description="value")
    def value(self, output: NodeOutput) -> str:
        if hides(output.node_execution.run):
            return MARKER
        if output.file is not None:
            return f"in the file {output.file}"
        beginning: str = getattr(output, "beginning", "")
        return beginning if output.size <= START else f"{beginning} … ({output.size:,} bytes)"

    def has_add_permission(self, request: HttpRequest, obj: NodeExecution | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: NodeExecution | None = None) -> bool:
        return False


@admin.register(NodeExecution)
class NodeExecutionAdmin(History[NodeExecution]):
    list_display = ["execution", "name", "doing", "of_run", "queued", "attempt", "took", "cost", "note"]
    list_display_links = ["execution"]
    list_filter = ["status", "waits_for"]
    list_select_related = ["node", "run__graph_version"]
    ordering = ["-id"]
    search_fields = ["holder"]
    search_help_text = "Any id: node execution, run, node. Or a part of the name of the process that holds it"
    paginator = FirstPages
    inlines = [OutputInline]

    # -- The list

    def get_queryset(self, request: HttpRequest) -> QuerySet[NodeExecution]:
        return super().get_queryset(request).select_related("node", "run__graph_version")

    def named(self, wanted: UUID) -> Q:
        return Q(pk=wanted) | Q(run=wanted) | Q(node=wanted)

    @admin.display(description="execution", ordering="id")
    def execution(self, one: NodeExecution) -> str:
        return markup.short(one.pk)

    @admin.display(description="node")
    def name(self, one: NodeExecution) -> str:
        return name_of(one.node.block_id, one.node.metadata)

    @admin.display(description="state", ordering="status")
    def doing(self, one: NodeExecution) -> str:
        return markup.badge_of(one)

    @admin.display(description="run")
    def of_run(self, one: NodeExecution) -> str:
        return markup.link("executions_graphexecution", one.run_id, str(one.run.graph_version))

    @admin.display(description="queued", ordering="queue_time")
    def queued(self, one: NodeExecution) -> str:
        return markup.moment(one.queue_time) or NOTHING

    @admin.display(description="took", ordering="walltime")
    def took(self, one: NodeExecution) -> str:
        return duration(one.walltime) if one.attempt else NOTHING

    @admin.display(description="note")
    def note(self, one: NodeExecution) -> str:
        error = MARKER if hides(one.run) and one.stats.get("error") else markup.line(one.stats.get("error"))
        return error or standing.of_execution(one, one.run)

    # -- One node execution

    def get_fieldsets(self, request: HttpRequest, obj: NodeExecution | None = None) -> Any:
        """The page is no form."""
        return []

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        context |= execution_page(context["original"])
        return super().render_change_form(request, context, *args, **options)


def execution_page(one: NodeExecution) -> dict[str, Any]:
    facts = facts_of(one.run_id)
    received = values.received(one)
    given = detail.input_of(facts, one, received)
    hidden = hides(one.run)
    stats = detail.hidden_statistics(one) if hidden else detail.node_statistics(one)
    children = GraphExecution.objects.filter(parent_node_execution=one.pk).select_related("graph_version")
    return {
        "title": name_of(one.node.block_id, one.node.metadata),
        "subtitle": None,
        "one": one,
        "state": markup.badge_of(one),
        "sentence": reason.detail if (reason := reason_of(one, one.run)) else standing.of_execution(one, one.run),
        "error": stats["error"],
        "missing": detail.missing_of(facts, one, received) if one.status == "INCOMPLETE" else [],
        "inputs": [(pin, markup.value(value)) for pin, value in (masked(given) if hidden else given).items()],
        "facts": _facts(one),
        "stats": stats,
        "took": duration(one.walltime),
        "computed": duration(one.cputime),
        "children": list(children.order_by("parent_epoch")),
    }


def _facts(one: NodeExecution) -> list[tuple[str, Any]]:
    return [
        ("Execution", one.pk),
        ("Run", markup.link("executions_graphexecution", one.run_id, str(one.run.graph_version))),
        ("Node", one.node_id),
        ("Block", one.node.block_id),
        ("Ordinal", one.ordinal),
        ("Called by", one.caller_id and markup.link("executions_nodeexecution", one.caller_id, str(one.caller_id))),
        ("Arrived", markup.moment(one.add_time)),
        ("Queued", markup.moment(one.queue_time)),
        ("Started", markup.moment(one.start_time)),
        ("Ended", markup.moment(one.end_time)),
        ("Attempts", f"{one.attempt}, of which {one.failures} were lost or failed" if one.failures else one.attempt),
        (
            "Worker",
            None
            if one.worker_id is None
            else markup.link("executions_worker", one.worker_id, one.holder or "the last one"),
        ),
        ("Conversions", None if hides(one.run) else "; ".join(one.stats.get("conversion_warnings", [])) or None),
        ("Message", f"number {one.dispatch}, sent {markup.times(one.publishes)}" if one.dispatch else None),
        ("Place in the chord", "kept" if one.has_place else None),
    ]
