"""Graphs in the admin: what is stored of them, to be read."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.forms import BaseInlineFormSet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from blocks import registry
from graphs import schemas
from graphs.exporting import constants_for_others
from graphs.models import Graph, GraphVersion, Link, Node
from graphs.needs import obstacle
from graphs.view import node_of

SHOWN = 200


class ReadOnly:
    """History: nothing is added, changed or deleted here."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class FirstRows(BaseInlineFormSet[Any, Any, Any]):
    """The first rows only: a graph may have ten thousand nodes, a page not."""

    def get_queryset(self) -> QuerySet[Any]:
        if not hasattr(self, "_first"):  # asked for once per row: the same answer, so that its rows are read once
            self._first = super().get_queryset()[:SHOWN]
        return self._first


class ReadOnlyInline(ReadOnly, admin.TabularInline[Any, Any]):
    formset = FirstRows
    extra = 0
    can_delete = False


class NodeInline(ReadOnlyInline):
    model = Node
    verbose_name_plural = f"nodes (the first {SHOWN})"
    fields = readonly_fields = ("position", "id", "block", "needs", "constants")
    ordering = ["position"]

    @admin.display
    def block(self, node: Node) -> str:
        spec = registry.get(node.block_id)
        return spec.name if spec else f"unknown: {node.block_id}"

    @admin.display
    def needs(self, node: Node) -> str:
        """What is missing before the node can run: its block, an account, or nothing."""
        spec = registry.get(node.block_id)
        problem = obstacle(node.block_id, spec)
        view = node_of(str(node.id), node.block_id, node.input_default, node.metadata, spec)
        accounts = [f"an account of {' or '.join(sorted(one.providers))}" for one in schemas.wanted([view])]
        return problem or "; ".join(dict.fromkeys(accounts)) or "nothing"

    @admin.display(description="constants (without secrets)")
    def constants(self, node: Node) -> str:
        told = constants_for_others(node.input_default, registry.get(node.block_id))
        return Truncator(json.dumps(told, ensure_ascii=False)).chars(500)


class LinkInline(ReadOnlyInline):
    model = Link
    fk_name = "graph_version"
    verbose_name_plural = f"links (the first {SHOWN})"
    fields = readonly_fields = ("position", "out_of", "source_name", "into", "sink_name", "is_static")
    ordering = ["position"]

    @admin.display
    def out_of(self, link: Link) -> str:
        return str(link.source_id)

    @admin.display
    def into(self, link: Link) -> str:
        return str(link.sink_id)


class VersionInline(ReadOnlyInline):
    model = GraphVersion
    verbose_name_plural = f"versions (the newest {SHOWN})"
    fields = readonly_fields = ("version", "name", "created_at")
    ordering = ["-version"]
    show_change_link = True


@admin.register(Graph)
class GraphAdmin(ReadOnly, admin.ModelAdmin[Graph]):
    list_display = ["name", "owner", "active_version", "version_count", "created_at", "is_deleted"]
    list_filter = [("deleted_at", admin.EmptyFieldListFilter), "created_at"]
    list_select_related = ["owner"]
    search_fields = ["=id", "owner__username", "versions__name"]
    fields = ["id", "owner", "active_version", "created_at", "deleted_at"]
    ordering = ["-created_at", "-id"]
    inlines = [VersionInline]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Graph]:
        active = GraphVersion.objects.filter(graph=OuterRef("pk"), version=OuterRef("active_version"))
        graphs = super().get_queryset(request)
        return graphs.annotate(name=Subquery(active.values("name")[:1]), version_count=Count("versions"))

    @admin.display(ordering="name")
    def name(self, graph: Any) -> str:
        return str(graph.name)

    @admin.display(description="versions", ordering="version_count")
    def version_count(self, graph: Any) -> int:
        return int(graph.version_count)

    @admin.display(description="deleted", boolean=True, ordering="deleted_at")
    def is_deleted(self, graph: Graph) -> bool:
        return graph.deleted_at is not None


@admin.register(GraphVersion)
class GraphVersionAdmin(ReadOnly, admin.ModelAdmin[GraphVersion]):
    list_display = ["name", "version", "is_active", "owner", "node_count", "created_at"]
    list_filter = ["created_at"]
    list_select_related = ["graph__owner"]
    search_fields = ["=id", "=graph__id", "name", "graph__owner__username"]
    fields = ["graph_link", "version", "name", "description", "instructions", "recommended_schedule_cron"]
    readonly_fields = ["graph_link"]
    ordering = ["-created_at", "-id"]
    inlines = [NodeInline, LinkInline]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[GraphVersion]:
        return super().get_queryset(request).annotate(node_count=Count("nodes"))

    @admin.display(boolean=True, ordering=F("graph__active_version").desc())
    def is_active(self, version: GraphVersion) -> bool:
        return version.version == version.graph.active_version

    @admin.display(ordering="graph__owner__username")
    def owner(self, version: GraphVersion) -> str:
        return str(version.graph.owner)

    @admin.display(description="nodes", ordering="node_count")
    def node_count(self, version: Any) -> int:
        return int(version.node_count)

    @admin.display(description="graph")
    def graph_link(self, version: GraphVersion) -> SafeString:
        address = reverse("admin:graphs_graph_change", args=[version.graph_id])
        return format_html('<a href="{}">{}</a>', address, version.graph_id)
