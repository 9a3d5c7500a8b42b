"""The list of runs, and the page of one run."""

from typing import Any, Final
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Case, Count, OuterRef, Q, QuerySet, Subquery, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from executions.admin import markup
from executions.admin.bars import chart
from executions.admin.places import Place
from executions.admin.run_page import run_page
from executions.admin.verbs import Verbs
from executions.estimate import of_version
from executions.models import GraphExecution, NodeExecution
from executions.states import FINAL
from executions.wording import NOTHING, duration
from graphs.models import GraphVersion

BELOW: Final = mark_safe('<span class="quiet" title="started by a run above">↳</span> ')


@admin.register(GraphExecution)
class GraphExecutionAdmin(Verbs):
    list_display = ["run", "state", "graph", "user", "created", "duration", "nodes", "cost", "error"]
    list_display_links = ["run"]
    ordering = ["-id"]  # in the order of time, and by the primary key's own index
    list_filter = [
        "status",
        Place,
        ("created_at", admin.DateFieldListFilter),
    ]
    list_select_related = ["graph_version", "user"]
    date_hierarchy = "created_at"
    search_fields = ["graph_version__name", "user__username", "failure"]
    search_help_text = "Name of the graph, its owner, the reason of a failure, or any id: run, graph, node execution"

    # -- The list

    def get_queryset(self, request: HttpRequest) -> QuerySet[GraphExecution]:
        """What has ended has its numbers; only for what has not they are counted."""
        mine = NodeExecution.objects.filter(run=OuterRef("pk")).claimed().order_by()
        claimed = Subquery(mine.values("run").annotate(number=Count("pk")).values("number"))
        runs = super().get_queryset(request).select_related("graph_version", "user")
        return runs.annotate(claimed=Case(When(status__in=FINAL, then=None), default=claimed))

    def named(self, wanted: UUID) -> Q:
        of_node = NodeExecution.objects.filter(pk=wanted).values("run")
        of_graph = Q(graph_version=wanted) | Q(graph_version__graph=wanted)
        return Q(pk=wanted) | Q(root=wanted) | Q(user=wanted) | of_graph | Q(pk__in=of_node)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup == "graph_version__graph__id__exact" or super().lookup_allowed(lookup, value, request)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        if isinstance(response, TemplateResponse) and response.context_data and "cl" in response.context_data:
            response.context_data["chart"] = chart(response.context_data["cl"].queryset)
        return response

    @admin.display(description="run", ordering="id")
    def run(self, run: GraphExecution) -> str:
        return markup.short(run.pk)

    @admin.display(description="state", ordering="status")
    def state(self, run: GraphExecution) -> str:
        return markup.badge_of_run(run)

    @admin.display(description="graph", ordering="graph_version__name")
    def graph(self, run: GraphExecution) -> str:
        return format_html("{}{}", BELOW if run.parent_id else "", str(run.graph_version))

    @admin.display(description="created", ordering="id")
    def created(self, run: GraphExecution) -> str:
        return f"{timezone.localtime(run.created_at):%Y-%m-%d %H:%M:%S}"

    @admin.display(description="duration")
    def duration(self, run: GraphExecution) -> str:
        if run.started_at is None:
            return NOTHING
        return duration(((run.ended_at or timezone.now()) - run.started_at).total_seconds())

    @admin.display(description="nodes")
    def nodes(self, run: GraphExecution) -> int:
        stats = run.stats or {}
        return int(stats.get("node_exec_count") or getattr(run, "claimed", None) or 0)

    @admin.display(description="cost")
    def cost(self, run: GraphExecution) -> str:
        return str((run.stats or {}).get("cost", NOTHING))

    @admin.display(description="error")
    def error(self, run: GraphExecution) -> str:
        failed = (run.stats or {}).get("node_error_count") or 0
        return markup.line(run.failure) or (f"{failed} failed node{'s' * (failed != 1)}" if failed else "")

    # -- Before a run

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.estimate)
        own = path("estimate/<uuid:version_id>/", page, name="executions_graphexecution_estimate")
        return [own, *super().get_urls()]

    def estimate(self, request: HttpRequest, version_id: UUID) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        version = get_object_or_404(GraphVersion.objects.select_related("graph__owner"), pk=version_id)
        context = self.admin_site.each_context(request) | {
            "title": f"What would a run of {version} cost?",
            "opts": self.opts,
            "version": version,
            "estimate": of_version(version.graph.owner, version),
        }
        return TemplateResponse(request, "admin/executions/estimate.html", context)

    # -- One run

    def get_fieldsets(self, request: HttpRequest, obj: GraphExecution | None = None) -> Any:
        """The page of a run is no form."""
        return []

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        run = context["original"]
        context |= run_page(run) | {"verbs": self.verbs_for(request, run)}
        return super().render_change_form(request, context, *args, **options)
