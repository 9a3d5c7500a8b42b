"""The workers: who takes which queue, what each holds, and when it was last seen."""

from django.contrib import admin
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from executions.admin import markup
from executions.admin.history import History
from executions.models import NodeExecution, Worker
from executions.waiting.fleet import is_live
from executions.wording import NOTHING, ago


@admin.register(Worker)
class WorkerAdmin(History[Worker]):
    list_display = ["name", "state", "host", "takes", "pool", "size", "tasks", "executions", "seen"]
    ordering = ["-seen_at"]
    search_fields = ["name", "host"]
    search_help_text = "Name of the worker or of its host"
    fields = readonly_fields = (
        *("name", "state", "host", "pid", "takes", "pool", "size", "tasks", "executions"),
        *("started", "seen", "draining", "gone"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Worker]:
        mine = NodeExecution.objects.filter(worker=OuterRef("pk"), claim_token__isnull=False).order_by()
        held = Subquery(mine.values("worker").annotate(number=Count("pk")).values("number"))
        return super().get_queryset(request).annotate(held=Coalesce(held, 0, output_field=IntegerField()))

    @admin.display(description="state")
    def state(self, worker: Worker) -> str:
        kind, text = state_of(worker)
        return format_html('<span class="state state-{}">{}</span>', kind, text)

    @admin.display(description="queues")
    def takes(self, worker: Worker) -> str:
        return ", ".join(worker.queues) or NOTHING

    @admin.display(description="tasks that it holds")
    def tasks(self, worker: Worker) -> int:
        return len(worker.holding)

    @admin.display(description="node executions that it runs")
    def executions(self, worker: Worker) -> str:
        number = getattr(worker, "held", 0)
        every = reverse("admin:executions_nodeexecution_changelist")
        held = f"{every}?worker__id__exact={worker.pk}&claim_token__isnull=0"
        return format_html('<a href="{}">{}</a>', held, number) if number else "0"

    @admin.display(description="seen", ordering="seen_at")
    def seen(self, worker: Worker) -> str:
        return f"{ago(worker.seen_at)} ago"

    @admin.display(description="started")
    def started(self, worker: Worker) -> str | None:
        return markup.moment(worker.started_at)

    @admin.display(description="told to end")
    def draining(self, worker: Worker) -> str:
        return markup.moment(worker.draining_at) or NOTHING

    @admin.display(description="gone")
    def gone(self, worker: Worker) -> str:
        return markup.moment(worker.gone_at) or NOTHING


def state_of(worker: Worker) -> tuple[str, str]:
    """The colour and the word."""
    if not is_live(worker, timezone.now()):
        return ("terminated", "gone") if worker.gone_at else ("failed", "silent")
    return ("completed", "alive") if worker.draining_at is None else ("review", "ending")
