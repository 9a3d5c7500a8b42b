"""Stops runs that somebody has chosen on a page, and says of each what came of it."""

import time
from collections.abc import Iterable, Iterator
from typing import Final
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse

from executions import services
from executions.admin.history import History
from executions.models import GraphExecution

SECONDS: Final = 3.0  # a page waits this long; what takes longer goes on stopping


class Stopping(History[GraphExecution]):
    """The action of the list and the button of the page."""

    actions = ["stop"]

    def has_stop_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("executions.change_graphexecution")

    @admin.action(description="Stop the selected runs", permissions=["stop"])
    def stop(self, request: HttpRequest, queryset: QuerySet[GraphExecution]) -> None:
        runs = list(queryset)
        for level, text in stop_all(runs):
            self.message_user(request, text, level)
        for run in runs:
            self.log_change(request, run, "Asked to stop.")

    def get_urls(self) -> list[URLPattern]:
        stop = self.admin_site.admin_view(self.stop_one)
        return [path("<uuid:run_id>/stop/", stop, name="executions_graphexecution_stop"), *super().get_urls()]

    def stop_one(self, request: HttpRequest, run_id: UUID) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_stop_permission(request):
            raise PermissionDenied
        run = get_object_or_404(GraphExecution, pk=run_id)
        self.stop(request, GraphExecution.objects.filter(pk=run.pk))
        return HttpResponseRedirect(reverse("admin:executions_graphexecution_change", args=[run.pk]))


def stop_all(runs: Iterable[GraphExecution]) -> Iterator[tuple[int, str]]:
    """The level and text of a message for each run. All are told to stop before the first is waited for."""
    many = list(runs)
    ended = {run.pk for run in many if run.is_final}
    for run in many:
        services.stop_run(run, wait=0)
    deadline = time.monotonic() + SECONDS
    for run in many:
        yield _outcome(services.stop_run(run, wait=max(0.0, deadline - time.monotonic())), had_ended=run.pk in ended)


def _outcome(run: GraphExecution, *, had_ended: bool) -> tuple[int, str]:
    if had_ended:
        return messages.WARNING, f"{run} had ended before: it is {run.status}."
    if run.is_final:
        return messages.SUCCESS, f"{run} was stopped: it is {run.status}."
    return messages.WARNING, f"{run} is being stopped; a block that runs has not ended yet."
