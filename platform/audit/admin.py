"""The audit log in the admin: read, searched, never changed. And deletions from lists of other pages, which Django
itself tells nobody of."""

import json
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin import actions
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html

from audit import services
from audit.models import Entry


@admin.register(Entry)
class EntryAdmin(admin.ModelAdmin[Entry]):
    list_display = ["when", "actor", "action", "subject", "origin"]
    fields = ["when", "actor", "actor_id", "action", "subject", "subject_id", "origin", "told"]
    list_filter = ["action", ("at", admin.DateFieldListFilter)]
    search_fields = ["actor", "subject", "subject_id", "origin"]
    search_help_text = "The id of a user or of what was acted on; or a part of a name or of an address"
    ordering = ["-at"]
    actions = None
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Entry | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Entry | None = None) -> bool:
        return False

    @admin.display(description="at", ordering="at")
    def when(self, entry: Entry) -> str:
        """Seconds matter when one asks what came first."""
        return f"{timezone.localtime(entry.at):%Y-%m-%d %H:%M:%S}"

    @admin.display(description="detail")
    def told(self, entry: Entry) -> str:
        return format_html("<pre>{}</pre>", json.dumps(entry.detail, indent=2, ensure_ascii=False))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Entry], search_term: str
    ) -> tuple[QuerySet[Entry], bool]:
        """An id is looked up by its indexes; anything else is searched as text."""
        try:
            wanted = UUID(search_term.strip())
        except ValueError:
            return super().get_search_results(request, queryset, search_term)
        return queryset.filter(actor_id=wanted) | queryset.filter(subject_id=str(wanted)), False


@admin.action(description="Delete selected %(verbose_name_plural)s", permissions=["delete"])
def delete_selected(page: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
    chosen = [(f"{one._meta.model_name} {one}", one.pk) for one in queryset] if request.POST.get("post") else []
    answer = actions.delete_selected(page, request, queryset)
    if answer is None:  # it was confirmed and is done
        for subject, pk in chosen:
            services.record("admin.deleted", subject=subject, subject_id=pk)
    return answer


admin.site.disable_action("delete_selected")
admin.site.add_action(delete_selected, "delete_selected")
