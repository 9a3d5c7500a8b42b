"""Presets: read here, changed through the API."""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString

from executions.admin.history import History
from executions.admin.markup import link, moment, value
from executions.wording import NOTHING
from library.models import Preset


@admin.register(Preset)
class PresetAdmin(History[Preset]):
    list_display = ["name", "user", "graph", "started", "is_active", "changed", "is_deleted"]
    list_select_related = ["user", "graph_version", "webhook"]
    list_filter = ["is_active", ("webhook", admin.EmptyFieldListFilter), ("deleted_at", admin.EmptyFieldListFilter)]
    search_fields = ["name", "user__username", "graph_version__name"]
    search_help_text = "The id of a preset; or a part of its name, of the user's, of the graph's"
    ordering = ["-updated_at", "-id"]
    fieldsets = [
        (None, {"fields": ["name", "description", "user", "graph", "started", "is_active"]}),
        ("What a run gets", {"fields": ["given", "chosen", "max_cost"]}),
        ("When", {"fields": ["made", "changed", "deleted"]}),
    ]

    @admin.display(description="graph", ordering="graph_version__name")
    def graph(self, preset: Preset) -> SafeString:
        return link("graphs_graphversion", preset.graph_version_id, str(preset.graph_version))

    @admin.display(description="started")
    def started(self, preset: Preset) -> str:
        if preset.webhook is None:
            return "by hand"
        return link("library_webhook", preset.webhook.pk, f"by hand or webhook ({preset.webhook.provider})")

    @admin.display(description="changed", ordering="updated_at")
    def changed(self, preset: Preset) -> str:
        return moment(preset.updated_at) or NOTHING

    @admin.display(description="deleted", boolean=True, ordering="deleted_at")
    def is_deleted(self, preset: Preset) -> bool:
        return preset.deleted_at is not None

    @admin.display(description="inputs")
    def given(self, preset: Preset) -> SafeString:
        return format_html("<pre>{}</pre>", value(preset.inputs))

    @admin.display(description="credentials")
    def chosen(self, preset: Preset) -> SafeString:
        return format_html("<pre>{}</pre>", value(preset.credentials))

    @admin.display(description="made")
    def made(self, preset: Preset) -> str:
        return moment(preset.created_at) or NOTHING

    @admin.display(description="deleted")
    def deleted(self, preset: Preset) -> str:
        return moment(preset.deleted_at) or "no"
