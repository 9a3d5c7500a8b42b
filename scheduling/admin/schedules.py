"""Schedules: a list with what came of them, a page with the next times, a month as a calendar."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from executions.admin.markup import link
from executions.errors import ExecutionError
from graphs.errors import GraphError
from scheduling import services
from scheduling.admin import marks
from scheduling.admin.calendar import month_of
from scheduling.admin.forms import FIELDS, ScheduleForm
from scheduling.errors import ScheduleError
from scheduling.models import Schedule
from scheduling.times import Shown, changes, preview

EMPTY = "-"


@admin.register(Schedule)
class ScheduleAdmin(admin.ModelAdmin[Schedule]):
    form = ScheduleForm
    list_display = ["name", "owner", "times", "next_fire", "last_result", "recent_fires", "enabled"]
    list_filter = ["enabled"]
    search_fields = ["name", "user__username", "cron"]
    list_select_related = ["user"]
    ordering = ["name"]
    raw_id_fields = ["graph"]
    actions = ["pause", "resume", "run_now"]
    readonly_fields = ["owner", "pause_reason", "failures", "next_times", "changes_of_clocks", "ledger"]
    change_list_template = "admin/scheduling/schedule/change_list.html"
    change_form_template = "admin/scheduling/schedule/change_form.html"

    def get_fieldsets(self, request: HttpRequest, obj: Schedule | None = None) -> Any:
        state = ["owner", "pause_reason", "failures", "next_times", "changes_of_clocks", "ledger"]
        parts: list[Any] = [] if obj is None else [("What it does", {"fields": state})]
        return [
            *parts,
            ("Graph", {"fields": ["name", "graph", "version", "enabled"]}),
            ("Times: one of cron, every seconds and at", {"fields": list(FIELDS[4:11])}),
            ("When it is not as planned", {"fields": ["misfire", "misfire_limit", "overlap", "max_cost"]}),
            ("What the runs get", {"fields": ["inputs", "credentials_inputs", "masks"]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Schedule | None = None) -> Any:
        return [*self.readonly_fields, *(["graph"] if obj is not None else [])]

    # -- Writing: the services do it

    def save_model(self, request: HttpRequest, obj: Schedule, form: Any, change: bool) -> None:  # noqa: FBT001  Django's
        if change:
            services.edit(obj, {name: form.cleaned_data[name] for name in form.changed_data})
        else:
            services.store(obj)

    def delete_model(self, request: HttpRequest, obj: Schedule) -> None:
        services.delete(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> None:
        for schedule in queryset:
            services.delete(schedule)

    @admin.action(description="Pause the selected schedules", permissions=["change"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> None:
        self._each(request, queryset, services.pause, "is paused")

    @admin.action(description="Resume the selected schedules", permissions=["change"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> None:
        self._each(request, queryset, services.resume, "is resumed")

    @admin.action(description="Run the selected schedules now", permissions=["change"])
    def run_now(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> None:
        self._each(request, queryset, services.run_now, "was run")

    def _each(self, request: HttpRequest, schedules: Iterable[Schedule], verb: Any, done: str) -> None:
        for schedule in schedules:
            try:
                verb(schedule)
            except (ScheduleError, GraphError, ExecutionError) as refused:
                self.message_user(request, f"{schedule}: {refused}", messages.WARNING)
            else:
                self.message_user(request, f"{schedule} {done}.")

    # -- Reading

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The last fires of the schedules of this page, in one query."""
        page: Any = super().get_changelist_instance(request)
        page.result_list = list(page.result_list)
        found = marks.recent(page.result_list)
        for schedule in page.result_list:
            schedule.recent = found[schedule.pk]
        return page

    def owner(self, schedule: Schedule) -> str:
        return schedule.user.get_username()

    @admin.display
    def times(self, schedule: Schedule) -> str:
        if schedule.cron:
            return f"{schedule.cron} ({schedule.timezone})"
        return f"every {schedule.every_seconds} s" if schedule.every_seconds else "once"

    @admin.display(description="Next fire")
    def next_fire(self, schedule: Schedule) -> str:
        if not schedule.enabled:
            return f"paused: {schedule.pause_reason}"[:120] if schedule.pause_reason else "paused"
        found = schedule.timing().next(timezone.now())
        return EMPTY if found is None else f"{found.astimezone(ZoneInfo(schedule.timezone)):%a %d %b %H:%M:%S %Z}"

    @admin.display(description="Last result")
    def last_result(self, schedule: Schedule) -> SafeString | str:
        fires = getattr(schedule, "recent", [])
        return marks.badge(fires[-1]) if fires else EMPTY

    @admin.display(description="Recent fires")
    def recent_fires(self, schedule: Schedule) -> SafeString | str:
        fires = getattr(schedule, "recent", [])
        return marks.sparkline(fires) if fires else EMPTY

    @admin.display(description="Next five times")
    def next_times(self, schedule: Schedule) -> SafeString | str:
        return _listed(preview(schedule.timing(), timezone.now())) if schedule.enabled else "It is paused."

    @admin.display(description="Changes of the clocks")
    def changes_of_clocks(self, schedule: Schedule) -> SafeString | str:
        found = changes(schedule.timing(), timezone.now())
        return _listed(found) if found else "None of the coming year touches it."

    @admin.display(description="Recent fires")
    def ledger(self, schedule: Schedule) -> SafeString:
        fires = marks.recent([schedule])[schedule.pk][::-1]
        rows = format_html_join(
            "",
            "<li>{} UTC {} {} {}</li>",
            (
                (
                    f"{fire.logical_time:%Y-%m-%d %H:%M:%S}",
                    marks.badge(fire),
                    link("executions_graphexecution", fire.run_id, "run") if fire.run_id else "",
                    fire.reason,
                )
                for fire in fires
            ),
        )
        every = format_html(
            '<a href="{}?schedule__id__exact={}">All of them</a>',
            reverse("admin:scheduling_fire_changelist"),
            schedule.pk,
        )
        return format_html("<ul>{}</ul>{}", rows, every)

    def get_urls(self) -> list[URLPattern]:
        calendar = self.admin_site.admin_view(self.calendar)
        return [path("calendar/", calendar, name="scheduling_schedule_calendar"), *super().get_urls()]

    def calendar(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            return self.admin_site.login(request)
        zone = ZoneInfo(getattr(request.user, "timezone", "UTC"))
        now = timezone.now().astimezone(zone)
        try:
            first = datetime.strptime(request.GET.get("month", ""), "%Y-%m").replace(tzinfo=zone)
        except ValueError:
            first = now
        first = first.replace(year=min(max(first.year, 2001), 2199), day=1, hour=0, minute=0, second=0, microsecond=0)
        context = self.admin_site.each_context(request) | {"title": f"{first:%B %Y}", "zone": zone.key}
        context |= {"month": month_of(first, now), "opts": self.opts}
        return TemplateResponse(request, "admin/scheduling/schedule/calendar.html", context)


def _listed(times: Iterable[Shown]) -> SafeString:
    rows = format_html_join(
        "",
        "<li>{} <span class='quiet'>= {} UTC</span> <strong>{}</strong></li>",
        ((f"{one.local:%Y-%m-%d %H:%M:%S %Z}", f"{one.utc:%Y-%m-%d %H:%M:%S}", one.note) for one in times),
    )
    return format_html("<ul>{}</ul>", rows)
