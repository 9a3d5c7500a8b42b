"""Presets, webhooks and what was sent to them: read here, changed through the API."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from library.models import Delivery, Preset, Webhook


class ReadOnly(admin.ModelAdmin[Any]):
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Preset)
class PresetAdmin(ReadOnly):
    list_display = ["name", "user", "graph_version", "is_active", "webhook", "updated_at", "deleted_at"]
    list_select_related = ["user", "graph_version", "webhook"]
    list_filter = ["is_active"]
    search_fields = ["name", "user__username"]
    ordering = ["-updated_at"]


@admin.register(Webhook)
class WebhookAdmin(ReadOnly):
    list_display = ["id", "provider", "user", "graph", "requires_signature", "created_at"]
    list_select_related = ["user", "graph"]
    search_fields = ["id", "user__username"]
    ordering = ["-created_at"]


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly):
    list_display = ["delivery_id", "webhook", "started", "refused", "received_at", "finished_at"]
    list_select_related = ["webhook"]
    search_fields = ["delivery_id", "webhook__id"]
    ordering = ["-received_at"]

    @admin.display(description="started")
    def started(self, delivery: Delivery) -> int:
        return len(delivery.runs)

    @admin.display(description="refused")
    def refused(self, delivery: Delivery) -> str:
        return "; ".join(f"{error['of']}: {error['message']}" for error in delivery.errors) or "-"
