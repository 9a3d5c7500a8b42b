"""What users were to hear of, how they want to hear of it, and what became of each message."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from notifications.models import Delivery, DeliveryItem, Notice, Preference


class History(admin.ModelAdmin[Any]):
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Notice)
class NoticeAdmin(History):
    list_display = ["created_at", "user", "kind", "data"]
    list_filter = ["kind", ("created_at", admin.DateFieldListFilter)]
    list_select_related = ["user"]
    search_fields = ["user__username", "key"]


class PreferenceForm(forms.ModelForm[Preference]):
    kind = forms.ChoiceField(choices=Notice.Kind.choices)


@admin.register(Preference)
class PreferenceAdmin(admin.ModelAdmin[Preference]):
    """What is not here is told as docs/notifications.md says."""

    form = PreferenceForm
    list_display = ["user", "kind", "timing", "mail", "webhook"]
    list_filter = ["kind", "timing"]
    list_select_related = ["user"]
    search_fields = ["user__username", "user__email"]
    autocomplete_fields = ["user"]
    show_full_result_count = False


class ItemInline(admin.TabularInline[DeliveryItem, Delivery]):
    model = DeliveryItem
    verbose_name_plural = "Events"
    fields = ["at", "data"]
    readonly_fields = ["at", "data"]
    extra = max_num = 0
    can_delete = False

    @admin.display(description="when")
    def at(self, item: DeliveryItem) -> Any:
        return item.notice.created_at

    @admin.display(description="what")
    def data(self, item: DeliveryItem) -> Any:
        return item.notice.data

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Delivery)
class DeliveryAdmin(History):
    list_display = [
        "created_at",
        "user",
        "kind",
        "channel",
        "timing",
        "state",
        "due_at",
        "attempts",
        "sent_at",
        "error",
    ]
    list_filter = ["state", "channel", "kind", ("due_at", admin.DateFieldListFilter)]
    list_select_related = ["user"]
    search_fields = ["user__username", "user__email"]
    ordering = ["-created_at"]
    inlines = [ItemInline]
