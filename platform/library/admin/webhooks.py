"""Webhooks, and the messages that came: what each has started, and what was refused."""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from django.contrib import admin
from django.db.models import Count, F, Max, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from executions.admin.history import FirstPages, History
from executions.admin.markup import line, link, moment, short
from executions.models import GraphExecution
from executions.wording import NOTHING
from graphs.models import GraphVersion
from library.models import Delivery, Webhook

NEWEST: Final = 20
LINE: Final = SafeString("<br>")


def active_of(graph: str) -> QuerySet[GraphVersion]:
    """The active version of the graph whose id stands in the column `graph` of the outer query."""
    return GraphVersion.objects.filter(graph=OuterRef(graph), version=F("graph__active_version"))


@admin.register(Webhook)
class WebhookAdmin(History[Webhook]):
    list_display = ["webhook", "provider", "user", "starts", "requires_signature", "last_message", "created"]
    list_select_related = ["user"]
    list_filter = ["provider", "requires_signature"]
    search_fields = ["user__username"]
    search_help_text = "The id of a webhook or of its graph; or a part of the name of its user"
    ordering = ["-created_at", "-id"]
    fieldsets = [
        (
            None,
            {"fields": ["id", "provider", "user", "starts", "address", "requires_signature", "rotation", "created"]},
        ),
        ("Messages", {"fields": ["messages"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Webhook]:
        names = Subquery(active_of("graph").values("name")[:1])
        found = super().get_queryset(request).annotate(graph_name=names, last=Max("deliveries__received_at"))
        return found.annotate(waiting=Count("presets", filter=Q(presets__deleted_at=None), distinct=True))

    def named(self, wanted: UUID) -> Q:
        return Q(pk=wanted) | Q(graph=wanted)

    @admin.display(description="webhook")
    def webhook(self, webhook: Webhook) -> SafeString:
        return short(webhook.pk)

    @admin.display(description="starts")
    def starts(self, webhook: Any) -> str:
        presets = f"{webhook.waiting} preset{'' if webhook.waiting == 1 else 's'}" if webhook.waiting else ""
        if webhook.graph_id is None:
            return presets or NOTHING
        graph = link("graphs_graph", webhook.graph_id, webhook.graph_name or str(webhook.graph_id))
        return format_html("{} and {}", graph, presets) if presets else graph

    @admin.display(description="address")
    def address(self, webhook: Webhook) -> str:
        """The path: by which name this server is known outside nobody here knows."""
        return f"/v1/integrations/{webhook.provider}/webhooks/{webhook.pk}/ingress"

    @admin.display(description="last message", ordering="last")
    def last_message(self, webhook: Any) -> str:
        return moment(webhook.last) or "none yet"

    @admin.display(description="made", ordering="created_at")
    def created(self, webhook: Webhook) -> str:
        return moment(webhook.created_at) or NOTHING

    @admin.display(description=f"the newest {NEWEST}")
    def messages(self, webhook: Webhook) -> SafeString | str:
        newest = list(webhook.deliveries.order_by("-received_at")[:NEWEST])
        rows = [
            (moment(one.received_at), link("library_delivery", one.pk, one.delivery_id), told(one)) for one in newest
        ]
        return format_html_join(LINE, "{} {}: {}", rows) or "none yet"


class WithRefusals(admin.SimpleListFilter):
    title = "refusals"
    parameter_name = "refused"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "With refusals"), ("no", "Without")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        if self.value() is None:
            return queryset
        return queryset.exclude(errors=[]) if self.value() == "yes" else queryset.filter(errors=[])


@admin.register(Delivery)
class DeliveryAdmin(History[Delivery]):
    list_display = ["delivery_id", "received", "webhook_of", "started", "refused", "finished"]
    list_select_related = ["webhook__user"]
    list_filter = [WithRefusals, "webhook__provider"]
    search_fields = ["delivery_id", "webhook__user__username"]
    search_help_text = "The id of a delivery or of its webhook; or a part of the sender's name for it, or of the user's"
    ordering = ["-received_at", "-id"]
    paginator = FirstPages
    fieldsets = [
        (None, {"fields": ["delivery_id", "webhook_of", "received", "finished"]}),
        ("What became of it", {"fields": ["runs_started", "refusals"]}),
    ]

    def named(self, wanted: UUID) -> Q:
        return Q(pk=wanted) | Q(webhook=wanted) | Q(delivery_id=str(wanted))

    @admin.display(description="webhook")
    def webhook_of(self, delivery: Delivery) -> SafeString:
        webhook = delivery.webhook
        return link("library_webhook", webhook.pk, f"{webhook.provider} of {webhook.user.get_username()}")

    @admin.display(description="received", ordering="received_at")
    def received(self, delivery: Delivery) -> str:
        return moment(delivery.received_at) or NOTHING

    @admin.display(description="finished", ordering="finished_at")
    def finished(self, delivery: Delivery) -> str:
        return moment(delivery.finished_at) or "not yet"

    @admin.display(description="runs started")
    def started(self, delivery: Delivery) -> int:
        return len(delivery.runs)

    @admin.display(description="refused")
    def refused(self, delivery: Delivery) -> str:
        return line(refusals(delivery.errors), 120) or NOTHING

    @admin.display(description="runs started")
    def runs_started(self, delivery: Delivery) -> SafeString | str:
        kept = GraphExecution.objects.filter(pk__in=delivery.runs).select_related("graph_version")
        names = {str(run.pk): f"{run.graph_version}: {run.status}" for run in kept}
        shown = [
            link("executions_graphexecution", UUID(run), names[run]) if run in names else f"{run} (not kept any more)"
            for run in delivery.runs
        ]
        return format_html_join(LINE, "{}", ((one,) for one in shown)) or "none"

    @admin.display(description="refused")
    def refusals(self, delivery: Delivery) -> str:
        return refusals(delivery.errors) or "nothing"


def refusals(errors: Iterable[dict[str, str]]) -> str:
    return "; ".join(f"{error['of']}: {error['message']}" for error in errors)


def told(delivery: Delivery) -> str:
    """A message in a line."""
    started = f"{len(delivery.runs)} run{'' if len(delivery.runs) == 1 else 's'} started"
    return f"{started}, {len(delivery.errors)} refused" if delivery.errors else started
