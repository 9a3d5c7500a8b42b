"""The ledger of expected fires, and backfills with their progress: history, to be read."""

from typing import TypeVar

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.safestring import SafeString

from executions.admin.history import FirstPages, History
from executions.admin.markup import line, link
from scheduling.admin import marks
from scheduling.models import Backfill, Fire

M = TypeVar("M", bound=Model)


class GoesWithItsSchedule(History[M]):
    """Not deleted by itself; but whoever may delete a schedule, its entry or its owner may delete its history."""

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        match = request.resolver_match
        elsewhere = match is not None and not (match.url_name or "").startswith(f"scheduling_{self.opts.model_name}_")
        return elsewhere and request.user.has_perm("scheduling.delete_schedule")


@admin.register(Fire)
class FireAdmin(GoesWithItsSchedule[Fire]):
    list_display = ["logical_time", "schedule", "what", "late", "which_run", "why"]
    list_filter = ["state", "origin"]
    list_select_related = ["schedule", "run"]
    search_fields = ["schedule__name"]
    ordering = ["-logical_time"]
    date_hierarchy = "logical_time"
    paginator = FirstPages

    @admin.display(description="What became of it", ordering="state")
    def what(self, fire: Fire) -> SafeString:
        return marks.badge(fire)

    @admin.display(description="Late")
    def late(self, fire: Fire) -> str:
        return "-" if fire.late_seconds is None else f"{fire.late_seconds:.3f} s"

    @admin.display(description="Run")
    def which_run(self, fire: Fire) -> SafeString | str:
        return link("executions_graphexecution", fire.run_id, "run") if fire.run_id else "-"

    @admin.display(description="Reason")
    def why(self, fire: Fire) -> str:
        return line(fire.reason)


@admin.register(Backfill)
class BackfillAdmin(GoesWithItsSchedule[Backfill]):
    list_display = ["schedule", "first", "last", "concurrency", "progress", "created_at", "ended_at"]
    list_select_related = ["schedule"]
    ordering = ["-created_at"]

    @admin.display
    def progress(self, backfill: Backfill) -> str:
        counts = backfill.fires.progress()
        done = counts["fired"] - counts["running"]
        return f"{done} of {backfill.total} done, {counts['running']} running, {counts['failed']} failed"
