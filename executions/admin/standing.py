"""Why something is not finished, and what will move it: said of runs and of node executions (design, promise 3)."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils import timezone

from executions.admin.markup import ago, times
from executions.models import GraphExecution, NodeExecution
from executions.states import Status, Step, Waits
from executions.wording import duration


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


def of_run(run: GraphExecution, counts: Counts) -> list[str]:
    return list(_of_final(run) if run.is_final else _of_living(run, counts))


def _of_final(run: GraphExecution) -> Iterator[str]:
    if run.epilogue not in {Step.NONE, Step.DONE}:
        yield f"It has ended; the step “{run.epilogue}” is left to a worker or to the next sweep."


def _of_living(run: GraphExecution, counts: Counts) -> Iterator[str]:
    if run.stop_requested_at is not None:
        yield f"A stop was requested {ago(run.stop_requested_at)} ago; blocks that still run: {counts.running}."
    elif run.paused_at is not None:
        yield f"It was paused {ago(run.paused_at)} ago: nothing new starts until it is resumed."
    elif run.status == Status.QUEUED:
        yield (
            f"It waits for {ago(run.created_at)} to be admitted: by a worker of the queue “engine”, "
            "and as soon as its owner has a free place."
        )
    else:
        yield from _of_nodes(counts)


def _of_nodes(counts: Counts) -> Iterator[str]:
    doing = {
        "on a worker": counts.running,
        "queued for a worker": counts.queued,
        "waiting without a worker for a timer, a run below or another try": counts.waiting,
        "waiting for a person": counts.review,
    }
    parts = [f"{number} {what}" for what, number in doing.items() if number]
    if parts:
        yield f"Its node executions: {', '.join(parts)}."
    else:
        yield "Nothing is outstanding: a worker or the next sweep ends the run."


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
    what = {Waits.TIMER: "its timer", Waits.RUN: "the run below", Waits.BACKOFF: "the next attempt"}
    until = "" if one.wakes_at is None else f", due {_when((one.wakes_at - timezone.now()).total_seconds())}"
    return f"It waits without a worker for {what[Waits(one.waits_for)]}{until}."


def _when(seconds: float) -> str:
    return f"in {duration(seconds)}" if seconds > 0 else f"for {duration(-seconds)}: the next sweep wakes it"
