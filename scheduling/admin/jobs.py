"""The platform's own jobs with their last results."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from executions.admin.history import History
from executions.admin.markup import link
from scheduling.messages import send
from scheduling.models import SystemJob


@admin.register(SystemJob)
class SystemJobAdmin(History[SystemJob]):
    list_display = ["name", "description", "times", "next_at", "ended_at", "succeeded", "result"]
    list_select_related = ["entry", "entry__interval", "entry__crontab"]
    ordering = ["name"]
    actions = ["run_now"]

    @admin.display(description="Times (edit)")
    def times(self, job: SystemJob) -> SafeString:
        words = str(job.entry.interval or job.entry.crontab) + ("" if job.entry.enabled else ", disabled")
        return link("django_celery_beat_periodictask", job.entry_id, words)

    def has_run_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("scheduling.change_systemjob")

    @admin.action(description="Run the selected jobs now", permissions=["run"])
    def run_now(self, request: HttpRequest, queryset: QuerySet[SystemJob]) -> None:
        sent = sum(send("run_job", job.name) for job in queryset)
        self.message_user(
            request, f"{sent} of {len(queryset)} jobs were sent to the workers; reload to see how they went."
        )
