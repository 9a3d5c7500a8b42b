"""The net under the messages: finds what should have moved and has not, and moves it. Correct alone, only slower.

Every few seconds by beat, at the start of workers, and by `manage.py sweep`; several at once do no harm. Each kind of
work is one indexed query and a bounded batch, so a sweep costs next to nothing when there is nothing to do."""

import logging
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import timedelta
from itertools import chain
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

import credentials.services
from executions import hints, logfields, metrics, window
from executions.crashpoints import crash_point
from executions.database import renew
from executions.engine import stop
from executions.engine.admission import admit
from executions.engine.conclusion import conclude
from executions.engine.epilogue import advance
from executions.engine.takeback import take_back_orphans
from executions.engine.waking import wake_due as wake_one
from executions.liveness import has_ended, mark_gone
from executions.models import GraphExecution, NodeExecution, Worker
from executions.publishing import task_id
from executions.querysets import NodeExecutionQuerySet
from executions.states import Status, Step

log = logging.getLogger(__name__)

BATCH: Final = 500
# A node that has not had its turn after so many times its patience is sent again however long its queue is: messages
# of others may fill that queue for ever, while its own was lost.
LONGEST_TURN: Final = 4
SEARCHED: Final = 5000  # queued executions among which the messages of a worker are looked for


@dataclass
class Swept:
    """What one sweep has moved."""

    woken: int = 0
    taken_back: int = 0
    republished: int = 0
    admitted: int = 0
    concluded: int = 0
    stopped: int = 0
    overran: int = 0
    advanced: int = 0
    released: int = 0

    def __bool__(self) -> bool:
        return any(asdict(self).values())

    def __str__(self) -> str:
        return ", ".join(f"{name} {number}" for name, number in asdict(self).items() if number) or "nothing to do"


STEPS: Final[dict[str, Callable[[], int]]] = {}


def step(do: Callable[[], int]) -> Callable[[], int]:
    """One kind of work, named like the field of Swept that counts it."""
    STEPS[do.__name__] = do
    return do


def sweep() -> Swept:
    """Each kind of work by itself: what fails for one is logged, and the others are done. Raises when all fail."""
    swept = Swept()
    failed: list[Exception] = []
    for name, do in STEPS.items():
        try:
            number = do()
            setattr(swept, name, number)
            metrics.count(metrics.SWEPT, name, number)
        except Exception as wrong:
            failed.append(wrong)
            if isinstance(wrong, OperationalError | InterfaceError):
                renew()  # a dead one that is kept would fail the next sweep as well
    if len(failed) == len(STEPS):
        raise failed[0]
    for failure in failed:
        log.error("the sweep could not do all", exc_info=failure)
    if swept:
        log.info("swept: %s", swept)
    return swept


def _each(run_ids: Iterable[UUID], do: Callable[[UUID], object]) -> int:
    """The number of runs for which `do` did something; one that cannot be helped does not hold up the others."""
    done = 0
    for run_id in run_ids:
        with logfields.about(run=run_id):
            try:
                done += do(run_id) is not False
            except Exception:
                log.exception("the sweep could not help run %s", run_id)
    return done


def wake_due(execution_ids: Iterable[UUID]) -> int:
    """Requeue and publish executions whose timer or back-off has run out."""
    now = timezone.now()
    woken = [execution_id for execution_id in execution_ids if wake_one(execution_id, now)]
    if woken:
        crash_point("wake_due.before_publish")
        hints.publish_ids(woken)
    return len(woken)


def resumed(run_id: UUID) -> None:
    """What a pause held back in the tree of a run is sent and woken now, and not sweep by sweep."""
    nodes = NodeExecution.objects.filter(run__in=GraphExecution.objects.filter(root_id=run_id))
    last = UUID(int=0)
    while rows := list(_claimable(nodes.never_sent().filter(pk__gt=last)).order_by("pk")[:BATCH]):
        last = rows[-1].pk  # each is sent once here, whether the broker can be reached or not
        _send(rows)
    while _wake(nodes):
        pass


@step
def woken() -> int:
    """Due now: requeued here. Due before the next sweep: a message with its exact time, so that timers are not late."""
    return _wake(NodeExecution.objects.all())


def _wake(nodes: NodeExecutionQuerySet) -> int:
    now = timezone.now()
    soon = now + timedelta(seconds=2 * settings.SWEEP_SECONDS)
    waiting = nodes.due(soon).filter(run__stop_requested_at=None, run__paused_at=None)
    rows = list(waiting.order_by("wakes_at").only("pk", "wakes_at")[:BATCH])
    for row in rows:
        if row.wakes_at is not None and row.wakes_at > now:
            hints.send().wake(row.pk, row.wakes_at)
    return wake_due(row.pk for row in rows if row.wakes_at is not None and row.wakes_at <= now)


def bury(worker: Worker) -> bool:
    """A worker is gone: what it had received and not begun is sent again. False when it has renewed its row."""
    if not mark_gone(worker):
        return False
    crash_point("bury.marked")
    send_again(worker.holding)
    return True


@step
def taken_back() -> int:
    """Held by workers that are gone. Here a process is known to be gone when it has ended on this machine; silence is
    judged by the workers themselves (executions.heartbeat)."""
    for worker in Worker.objects.filter(gone_at=None):
        if has_ended(worker):
            bury(worker)
    return take_back_orphans()


@step
def republished() -> int:
    """Queued and not claimed although published a while ago, where the queue is shorter than what is missing."""
    queued = NodeExecution.objects.filter(status=Status.QUEUED)
    # The questions below are long: most of what they cost is to write them down. The order names the index to SQLite.
    if not queued.order_by("published_at").values("pk")[:1]:
        return 0
    now, patience = timezone.now(), timedelta(seconds=settings.REPUBLISH_SECONDS)
    never = window.refill() if settings.PUBLISH_WINDOW else list(_claimable(NodeExecution.objects.never_sent())[:BATCH])
    overdue = list(_claimable(NodeExecution.objects.overdue(now, patience)).order_by("published_at")[:BATCH])
    unsent = hints.send().unsent(never + overdue) if never or overdue else []
    if unsent is None:
        return 0
    passed_over = [row for row in overdue if now - (row.queue_time or now) > patience * LONGEST_TURN * 2**row.publishes]
    lost = {row.pk: row for row in unsent + passed_over}
    # The others are believed to wait in their queue. They go to the end of the line here, so that many of them (a
    # queue without a worker) do not keep the sweep from those behind them.
    queued.filter(pk__in=[row.pk for row in overdue if row.pk not in lost]).update(published_at=now)
    crash_point("republish.looked")
    return _send(list(lost.values()))


def send_again(tasks: Collection[str]) -> int:
    """Queued executions whose messages were received by a worker that is gone; `tasks`: ids of the messages."""
    if not tasks:
        return 0
    sent = _claimable(NodeExecution.objects.filter(status=Status.QUEUED, published_at__isnull=False))
    newest = sent.order_by("-published_at")[:SEARCHED]
    return _send([row for row in newest if task_id(row.pk, row.dispatch) in tasks])


def _send(lost: list[NodeExecution]) -> int:
    if lost:
        again = NodeExecution.objects.filter(pk__in=[row.pk for row in lost], status=Status.QUEUED)
        crash_point("republish.begun")
        again.update(published_at=timezone.now(), publishes=F("publishes") + 1)
        crash_point("republish.marked")
        hints.send().nodes(lost)
        never = sum(row.published_at is None for row in lost)
        metrics.count(metrics.REPUBLISHED, "never_sent", never)
        metrics.count(metrics.REPUBLISHED, "lost", len(lost) - never)
        crash_point("republish.sent")
    return len(lost)


def _claimable(rows: NodeExecutionQuerySet) -> NodeExecutionQuerySet:
    return rows.going().select_related("run").only(
        "pk", "node", "dispatch", "has_place", "queue_time", "published_at", "publishes", "run__chord_id",
        "run__graph_version", "run__user",
    )  # fmt: skip


@step
def admitted() -> int:
    """The oldest waiting runs of each user and graph in turn, if their message may have been lost."""
    waiting = (
        GraphExecution.objects.roots()
        .alive()
        .filter(_not_just("created_at"), status=Status.QUEUED, stop_requested_at=None, paused_at=None)
        .filter(epilogue=Step.NONE)
    )
    rows = list(waiting.in_turn().values_list("pk", flat=True)[:BATCH])
    return _each(rows, admit)


@step
def concluded() -> int:
    """Running, and nothing of it is outstanding: its chord was lost or spent."""
    outstanding = NodeExecution.objects.filter(run=OuterRef("pk")).outstanding()
    running = GraphExecution.objects.alive().filter(_not_just("started_at"), status=Status.RUNNING, epilogue=Step.NONE)
    idle = running.exclude(Exists(outstanding))
    return _each(list(idle.values_list("pk", flat=True)[:BATCH]), conclude)


@step
def stopped() -> int:
    """Stops that were cut off; blocks that outlived their grace period are killed, then fenced."""
    stopping = GraphExecution.objects.alive().filter(_not_just("stop_requested_at", 1)).order_by("-depth")
    return _each(list(stopping.values_list("pk", flat=True)[:BATCH]), _finish_stop)


def _finish_stop(run_id: UUID) -> bool | None:
    requested = GraphExecution.objects.values_list("stop_requested_at", flat=True).get(pk=run_id)
    if requested is None:  # it has ended and was retried since it was found
        return False
    stop.begin(run_id)
    stop.after_grace(run_id, requested, timezone.now())
    return conclude(run_id)


@step
def overran() -> int:
    """Runs that exceed PETIOLE_MAX_RUN_SECONDS; a retry and each pause give them time again."""
    limit = settings.MAX_RUN_SECONDS
    since = timezone.now() - timedelta(seconds=limit)
    overlong = GraphExecution.objects.roots().alive().overlong(since).filter(stop_requested_at=None)
    reason = f"The run has lasted more than {limit:g} s (PETIOLE_MAX_RUN_SECONDS)."
    return _each(list(overlong.values_list("pk", flat=True)[:BATCH]), lambda run_id: stop.fail(run_id, reason))


@step
def advanced() -> int:
    """Steps around runs that nobody does. Those that may take long are a worker's, so that nothing waits for them."""
    now = timezone.now()
    due = GraphExecution.objects.step_due(now, timedelta(seconds=settings.SWEEP_SECONDS))
    found = [rows.values_list("pk", "epilogue")[:BATCH] for rows in (due, GraphExecution.objects.step_ahead(now))]
    steps = dict(chain.from_iterable(found))
    long = [run_id for run_id, step in steps.items() if step != Step.NOTIFY]
    return _each(long, hints.send().advance) + _each(steps.keys() - long, advance)


@step
def released() -> int:
    """Leases of credentials whose claims do not stand any more."""
    if not (leases := credentials.services.held()):
        return 0
    claims = NodeExecution.objects.filter(pk__in=[pk for _, pk in leases], claim_token__isnull=False)
    standing = set(claims.values_list("claim_token", flat=True))
    gone = {owner for owner, _ in leases} - standing
    credentials.services.release_all(gone)
    return len(gone)


def _not_just(field: str, seconds: float | None = None) -> Q:
    """Longer ago than a sweep takes, so that nobody has just seen to it; or ahead: the clock was set back since."""
    now, period = timezone.now(), timedelta(seconds=settings.SWEEP_SECONDS if seconds is None else seconds)
    return Q(**{f"{field}__lt": now - period}) | Q(**{f"{field}__gt": now + period})
