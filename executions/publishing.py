"""The only sender of messages. They carry ids alone; what cannot be sent now is sent by the sweep later."""

import logging
from collections import defaultdict
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid5

from celery import current_app
from django.conf import settings
from django.db import DatabaseError

from executions import chords, window
from executions.crashpoints import crash_point
from executions.database import repeated
from executions.engine.conclusion import conclude
from executions.facts import RunFacts, facts_of
from executions.lines import MESSAGES, UNREACHABLE
from executions.models import NodeExecution
from executions.states import Status
from executions.window import queue_of

log = logging.getLogger(__name__)

PROCESS = "process "  # how the holder of an execution in a prefork pool begins
RUN_NODE: Final = "executions.tasks.run_node"


def task_id(execution_id: UUID, dispatch: int) -> str:
    """Never used twice: workers remember revoked ids for hours."""
    return str(uuid5(execution_id, str(dispatch)))


class Origin(NamedTuple):
    """Where an execution comes from, as far as its message needs it."""

    run_id: UUID
    version_id: UUID
    user_id: UUID

    @classmethod
    def of(cls, facts: RunFacts) -> "Origin":
        return cls(facts.id, facts.version_id, facts.user_id)


class CelerySender:
    """Sends hints through Celery."""

    def nodes(self, executions: Iterable[NodeExecution]) -> None:
        """Executions that became ready outside a member of the chord. Each uses the place that was kept for it."""
        together: dict[tuple[Origin, str | None], list[NodeExecution]] = defaultdict(list)
        for one in executions:
            kept = one.run.chord_id if one.has_place else None
            together[Origin(one.run_id, one.run.graph_version_id, one.run.user_id), kept].append(one)
        for (origin, kept), of_chord in together.items():
            publish(of_chord, origin, kept)

    def launch(self, run_id: UUID, chord_id: str, first: list[NodeExecution]) -> None:
        if not first:
            conclude(run_id)
            return
        facts = facts_of(run_id)
        crash_point("chord.named")
        kept = chord_id if chords.opened(chord_id, len(first)) else None
        publish(_fitting(facts, first, kept), Origin.of(facts), kept)
        crash_point("chord.opened")

    def admit(self, run_id: UUID) -> None:
        _send("admit", run_id)

    def resume(self, run_id: UUID) -> None:
        _send("resume", run_id)

    def conclude(self, run_id: UUID) -> None:
        _send("conclude", run_id)

    def advance(self, run_id: UUID) -> None:
        _send("advance", run_id)

    def wake(self, execution_id: UUID, at: datetime) -> None:
        """A message with an exact time, for waits that end soon; longer ones are rows alone (no long ETAs)."""
        try:
            with MESSAGES.asked():
                _task("wake").apply_async((str(execution_id),), eta=at, ignore_result=True)
        except UNREACHABLE as lost:
            log.warning("the timer of %s is left to the sweep: %s", execution_id, lost)

    def unsent(self, executions: Iterable[NodeExecution]) -> list[NodeExecution] | None:
        never: list[NodeExecution] = []
        of_queue: dict[str, list[NodeExecution]] = defaultdict(list)
        for execution in executions:
            if execution.published_at is None:
                never.append(execution)
            else:
                of_queue[queue_of(execution.run.graph_version_id, execution.node_id)].append(execution)
        try:
            with MESSAGES.asked(), current_app.connection_for_write() as connection, connection.channel() as channel:
                short = [many for queue, many in of_queue.items() if _length(channel, queue) < len(many)]
        except UNREACHABLE as lost:
            log.warning("the broker cannot be asked how many messages wait: %s", lost)
            return None
        return never + [execution for many in short for execution in many]

    def interrupt(self, executions: Iterable[NodeExecution], *, kill: bool = False) -> None:
        """SIGUSR1 for blocks in pool processes by Celery's revoke, broadcasts for those on threads and for SIGKILL."""
        ids = {str(execution.pk): task_id(execution.pk, execution.dispatch) for execution in executions}
        in_processes = [ids[str(one.pk)] for one in executions if (one.holder or "").startswith(PROCESS)]
        try:
            with MESSAGES.asked():
                if not kill:
                    current_app.control.broadcast("cancel_nodes", arguments={"execution_ids": list(ids)})
                if in_processes and kill:
                    current_app.control.broadcast("kill_nodes", arguments={"task_ids": in_processes})
                elif in_processes:
                    current_app.control.revoke(in_processes, terminate=True, signal="SIGUSR1")
        except UNREACHABLE as lost:
            log.warning("cannot interrupt through the broker, the workers will see the mark: %s", lost)


def publish(executions: list[NodeExecution], origin: Origin, chord_id: str | None) -> bool:
    """Send run_node for queued executions, several in one round trip; False when they are left to the sweep.

    `chord_id`: places in this chord are theirs already."""
    if not executions:
        return True
    body = None if chord_id is None else chords.body_of_members(origin.run_id)
    try:
        with MESSAGES.asked(), current_app.producer_or_acquire() as producer, _together(producer, len(executions)):
            for execution in executions:
                crash_point("publish.before_message")
                _send_node(producer, execution, origin, group_id=chord_id, chord=body)
        crash_point("publish.sent")
    except UNREACHABLE as lost:
        log.warning("%d executions of run %s will be published by the sweep: %s", len(executions), origin.run_id, lost)
        _leave(executions)
        return False
    return True


def _together(producer: Any, number: int) -> AbstractContextManager[Any]:
    batch: AbstractContextManager[Any] = producer.batch() if number > 1 else nullcontext()
    return batch


def _send_node(producer: Any, execution: NodeExecution, origin: Origin, **member: Any) -> None:
    """What `apply_async` does with these options, at half its price: it would look for more of them in six places."""
    message = current_app.amqp.create_task_message(
        task_id(execution.pk, execution.dispatch),
        RUN_NODE,
        _arguments(execution, origin),
        {},
        ignore_result=True,
        argsrepr=f"({execution.pk}, {execution.dispatch}, …)",
        kwargsrepr="{}",
        **member,
    )
    queue = queue_of(origin.version_id, execution.node_id)
    priority = settings.LATE_PRIORITY if window.has_more(origin.user_id, queue) else 0
    current_app.amqp.send_task_message(producer, RUN_NODE, message, queue=queue, priority=priority)


def _leave(executions: list[NodeExecution]) -> None:
    """They count as never sent: the first sweep that reaches the broker again sends them, without patience."""
    rows = NodeExecution.objects.filter(pk__in=[one.pk for one in executions], status=Status.QUEUED)
    try:
        repeated(rows.update)(published_at=None, publishes=0)
    except DatabaseError as lost:
        log.warning("the sweep will publish %d executions only when they are overdue: %s", len(executions), lost)


def publish_from_member(executions: list[NodeExecution], run_id: UUID, chord_id: str | None, *, own: str = "") -> bool:
    """Successors of a member join its chord; those of another execution are published beside it.

    `own`: the queue of a member that has nothing else to do. Then its place goes to the first of them; True when it
    did."""
    if not executions:
        return False
    crash_point("publish.before_join")
    new = len(executions) - bool(own and chord_id)
    joined = chord_id if chord_id is not None and (not new or chords.join(chord_id, new)) else None
    crash_point("publish.joined")
    facts = facts_of(run_id)
    fit = _fitting(facts, executions, joined, own)
    return publish(fit, Origin.of(facts), joined) and bool(own) and joined is not None


def _fitting(facts: RunFacts, ready: list[NodeExecution], joined: str | None, own: str = "") -> list[NodeExecution]:
    """What the window of the user lets through; the others are held back, with their places."""
    try:
        fit = window.fitting(facts, ready, own=own)
        if len(fit) < len(ready):
            sent = {one.pk for one in fit}
            window.hold([one for one in ready if one.pk not in sent], with_place=joined is not None)
    except DatabaseError as lost:  # who asks is a member of a chord, which must not fail
        log.warning("all %d executions are sent, whatever else of their user waits: %s", len(ready), lost)
        return ready
    return fit


def publish_next(run_id: UUID, queue: str, ready: list[NodeExecution]) -> None:
    """An execution has ended in this queue: what its user has waiting takes its place, unless a successor did."""
    for held in window.after(facts_of(run_id), queue, ready) if queue else ():
        crash_point("publish.before_held")
        CelerySender().nodes(held)
        crash_point("publish.held")


@repeated
def keep_place(execution_id: UUID, chord_id: str) -> None:
    """A member that suspends keeps its place, unless it was woken in the meantime."""
    crash_point("place.before_reserve")
    if chords.reserve(chord_id):
        crash_point("place.reserved")
        waiting = NodeExecution.objects.filter(pk=execution_id).waiting()
        if not waiting.update(has_place=True):
            crash_point("place.before_leave")
            chords.leave(chord_id)
        crash_point("place.kept")


def _arguments(execution: NodeExecution, origin: Origin) -> tuple[str, int, str, str, str]:
    run_id, version_id = str(origin.run_id), str(origin.version_id)
    return str(execution.pk), execution.dispatch, run_id, version_id, str(execution.node_id)


def _task(name: str) -> Any:
    return current_app.tasks[f"executions.tasks.{name}"]


def _length(channel: Any, queue: str) -> int:
    return int(channel.queue_declare(queue=queue, durable=True, auto_delete=False).message_count)


def _send(name: str, run_id: UUID) -> None:
    try:
        with MESSAGES.asked():
            _task(name).apply_async((str(run_id),), ignore_result=True)
    except UNREACHABLE as lost:
        log.warning("%s of run %s is left to the sweep: %s", name, run_id, lost)
