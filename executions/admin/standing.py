"""What a run and its node executions are doing, for the admin's pages: counts, and one sentence for a list."""

from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils import timezone

from executions.admin.markup import times
from executions.models import GraphExecution, NodeExecution
from executions.states import Status, Step, Waits
from executions.wording import ago, duration


@dataclass(frozen=True)
class Counts:
    """The node executions of a run by what they are doing."""

    total: int
    incomplete: int
    queued: int
    running: int
    waiting: int
    review: int
    completed: int
    failed: int
    terminated: int


def counts_of(run: GraphExecution) -> Counts:
    held = Q(status=Status.RUNNING, waits_for=None)
    waiting = Q(status=Status.RUNNING, waits_for__isnull=False)
    return Counts(
        **NodeExecution.objects.filter(run_id=run.pk).aggregate(
            total=Count("pk"),
            incomplete=Count("pk", filter=Q(status=Status.INCOMPLETE)),
            queued=Count("pk", filter=Q(status=Status.QUEUED)),
            running=Count("pk", filter=held),
            waiting=Count("pk", filter=waiting),
            review=Count("pk", filter=Q(status=Status.REVIEW)),
            completed=Count("pk", filter=Q(status=Status.COMPLETED)),
            failed=Count("pk", filter=Q(status=Status.FAILED)),
            terminated=Count("pk", filter=Q(status=Status.TERMINATED)),
        )
    )


def of_end(run: GraphExecution) -> str:
    """What is left to do for a run that has ended."""
    if not run.is_final or run.epilogue in {Step.NONE, Step.DONE}:
        return ""
    return f"It has ended; the step “{run.epilogue}” is left to a worker or to the next sweep."


def of_execution(one: NodeExecution, run: GraphExecution) -> str:
    """One sentence, or nothing for what has ended."""
    match one.status:
        case Status.INCOMPLETE if run.is_final:
            return "The run ended before values had come on all its pins."
        case Status.INCOMPLETE:
            return f"It waits for {ago(one.add_time)} for values on its other pins."
        case Status.QUEUED:
            return f"It is queued for {ago(one.queue_time)}; its message was sent {times(one.publishes)}."
        case Status.RUNNING:
            return _running(one)
        case Status.REVIEW:
            return "It waits for a person to decide."
        case _:
            return ""


def _running(one: NodeExecution) -> str:
    if one.waits_for is None:
        return f"It runs for {ago(one.start_time)} on {one.holder or 'a worker'}."
    what = {
        Waits.TIMER: "its timer",
        Waits.RUN: "the run below",
        Waits.BACKOFF: "the next attempt",
        Waits.LEASE: "a credential",
        Waits.CALLS: "the nodes that it has called",
    }
    until = "" if one.wakes_at is None else f", due {_when((one.wakes_at - timezone.now()).total_seconds())}"
    return f"It waits without a worker for {what[Waits(one.waits_for)]}{until}."


def _when(seconds: float) -> str:
    return f"in {duration(seconds)}" if seconds > 0 else f"for {duration(-seconds)}: the next sweep wakes it"
