"""What can be done with runs on the pages: actions of the list, buttons of the page. Each asks a service."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse

from executions import services
from executions.admin.history import History
from executions.admin.stopping import stop_all
from executions.errors import ExecutionError
from executions.models import GraphExecution
from executions.states import RETRYABLE
from graphs.errors import GraphError

Said = tuple[int, str]  # the level and the text of a message


@dataclass(frozen=True)
class Verb:
    """`fits`: is there a button on the page of this run? `do`: a message for each run."""

    name: str
    button: str
    noted: str
    fits: Callable[[GraphExecution], bool]
    do: Callable[[Iterable[GraphExecution]], Iterator[Said]]


def _asked(
    service: Callable[[GraphExecution], GraphExecution], done: str, runs: Iterable[GraphExecution]
) -> Iterator[Said]:
    """What one service says to each run; a refusal of one does not keep the others from it."""
    for run in runs:
        try:
            after = service(run)
        except (ExecutionError, GraphError) as refused:
            yield messages.WARNING, f"{run}: {refused} {refused.hint}".strip()
        else:
            yield messages.SUCCESS, f"{run} {done}: it is {after.status}."


def _goes_on(run: GraphExecution) -> bool:
    """It is topmost, alive, and not being stopped."""
    return run.parent_id is None and not run.is_final and run.stop_requested_at is None


VERBS: Final = {
    verb.name: verb
    for verb in (
        Verb(
            "retry",
            "Retry this run",
            "Asked to retry.",
            lambda run: run.parent_id is None and run.status in RETRYABLE,
            partial(_asked, services.retry_run, "is retried"),
        ),
        Verb(
            "pause",
            "Pause this run",
            "Asked to pause.",
            lambda run: _goes_on(run) and run.paused_at is None,
            partial(_asked, services.pause_run, "is paused"),
        ),
        Verb(
            "resume",
            "Resume this run",
            "Asked to resume.",
            lambda run: _goes_on(run) and run.paused_at is not None,
            partial(_asked, services.resume_run, "goes on"),
        ),
        Verb("stop", "Stop this run", "Asked to stop.", lambda run: not run.is_final, stop_all),
    )
}


class Verbs(History[GraphExecution]):
    actions = ["stop", "pause", "resume", "retry"]

    def has_stop_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("executions.change_graphexecution")

    def verbs_for(self, request: HttpRequest, run: GraphExecution) -> list[Verb]:
        """The buttons of the page."""
        return [verb for verb in VERBS.values() if verb.fits(run)] if self.has_stop_permission(request) else []

    @admin.action(description="Stop the selected runs", permissions=["stop"])
    def stop(self, request: HttpRequest, queryset: QuerySet[GraphExecution]) -> None:
        self._do(VERBS["stop"], request, queryset)

    @admin.action(description="Pause the selected runs", permissions=["stop"])
    def pause(self, request: HttpRequest, queryset: QuerySet[GraphExecution]) -> None:
        self._do(VERBS["pause"], request, queryset)

    @admin.action(description="Resume the selected runs", permissions=["stop"])
    def resume(self, request: HttpRequest, queryset: QuerySet[GraphExecution]) -> None:
        self._do(VERBS["resume"], request, queryset)

    @admin.action(description="Retry the selected runs", permissions=["stop"])
    def retry(self, request: HttpRequest, queryset: QuerySet[GraphExecution]) -> None:
        self._do(VERBS["retry"], request, queryset)

    def _do(self, verb: Verb, request: HttpRequest, queryset: QuerySet[GraphExecution]) -> None:
        runs = list(queryset)
        for level, text in verb.do(runs):
            self.message_user(request, text, level)
        for run in runs:
            self.log_change(request, run, verb.noted)

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"<uuid:run_id>/{name}/",
                self.admin_site.admin_view(self.do_one),
                {"verb": verb},
                name=f"executions_graphexecution_{name}",
            )
            for name, verb in VERBS.items()
        ]
        return [*own, *super().get_urls()]

    def do_one(self, request: HttpRequest, run_id: str, verb: Verb) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_stop_permission(request):
            raise PermissionDenied
        run = get_object_or_404(GraphExecution, pk=run_id)
        self._do(verb, request, GraphExecution.objects.filter(pk=run.pk))
        return HttpResponseRedirect(reverse("admin:executions_graphexecution_change", args=[run.pk]))
