"""Runs the engine in one thread without a broker: messages wait in a list, and the test decides how they arrive.

    run = drive(built.start(), order=newest)

Everything but the carrying of messages is the product's: claims, commits, routing, conclusions, the sweep."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from executions import sweeping
from executions.engine import admission, conclusion, epilogue, running
from executions.engine.attempt import End, attempt
from executions.engine.claim import Ask, Holder
from executions.models import GraphExecution, NodeExecution
from executions.states import Status

Order = Callable[[int], int]  # how many messages wait → which of them arrives next


def oldest(waiting: int) -> int:
    return 0


def newest(waiting: int) -> int:
    return waiting - 1


def never(message: "Message") -> bool:
    return False


@dataclass(frozen=True)
class Message:
    """`name`: the task it asks for; `dispatch` is for run_node alone."""

    name: str
    id: UUID
    dispatch: int = 0


@dataclass
class Driver:
    """A sender of hints (executions.hints) and their only receiver.

    `copies`: how often each message arrives. `loses`: messages that never do; a run that stands still because of
    them is moved by the sweep, which nothing else may need."""

    copies: int = 1
    loses: Callable[[Message], bool] = never
    messages: list[Message] = field(default_factory=list)

    def __call__(self, run: GraphExecution, *, order: Order = oldest) -> GraphExecution:
        """Carry messages until the run has ended and none is left; the run as it is then."""
        while self.messages or not self._ended(run):
            if self.messages:
                self.step(order)
            else:
                self._wait(run)
        return run

    def step(self, order: Order = oldest) -> Message:
        """One message arrives."""
        message = self.messages.pop(order(len(self.messages)))
        self._arrive(message)
        return message

    def _arrive(self, message: Message) -> None:
        if message.name == "admit":
            admission.admit(message.id)
        elif message.name == "conclude":
            conclusion.conclude(message.id)
        elif message.name == "resume":
            sweeping.resumed(message.id)
        elif message.name == "advance":
            epilogue.advance(message.id)
        else:
            self._attempt(message)

    def _attempt(self, message: Message) -> None:
        done = attempt(Ask(message.id, message.dispatch, Holder("driver")), self.nodes)
        self.nodes(done.ready)
        if done.end is not End.DUPLICATE:
            self.conclude(NodeExecution.objects.values_list("run_id", flat=True).get(pk=message.id))

    def _ended(self, run: GraphExecution) -> bool:
        run.refresh_from_db()
        return run.is_final

    def _wait(self, run: GraphExecution) -> None:
        """No message is on its way: a timer has to run out, or what was lost is found."""
        if self.loses is not never and (sweeping.sweep() or self.messages):
            return
        timers = NodeExecution.objects.waiting().filter(run__root=run.root_id, wakes_at__isnull=False)
        soonest = timers.order_by("wakes_at").first()
        assert soonest is not None, f"the run does not move: {_standing(run)}"
        assert soonest.wakes_at is not None
        time.sleep(max(0.0, (soonest.wakes_at - timezone.now()).total_seconds()))
        sweeping.wake_due([soonest.pk])

    # -- executions.hints.Sender

    def nodes(self, executions: Iterable[NodeExecution]) -> None:
        for execution in executions:
            self._send(Message("run_node", execution.pk, execution.dispatch))

    def launch(self, run_id: UUID, chord_id: str, first: list[NodeExecution]) -> None:
        self.nodes(first)
        if not first:
            self.conclude(run_id)

    def admit(self, run_id: UUID) -> None:
        self._send(Message("admit", run_id))

    def resume(self, run_id: UUID) -> None:
        self._send(Message("resume", run_id))

    def conclude(self, run_id: UUID) -> None:
        self._send(Message("conclude", run_id))

    def advance(self, run_id: UUID) -> None:
        self._send(Message("advance", run_id))

    def wake(self, execution_id: UUID, at: datetime) -> None:
        """Timers are rows: see `_wait`."""

    def unsent(self, executions: Iterable[NodeExecution]) -> list[NodeExecution]:
        on_their_way = {message.id for message in self.messages}
        return [execution for execution in executions if execution.pk not in on_their_way]

    def interrupt(self, executions: Iterable[NodeExecution], *, kill: bool = False) -> None:
        running.cancel([execution.pk for execution in executions])

    def _send(self, message: Message) -> None:
        if not self.loses(message):
            self.messages += [message] * self.copies


def _standing(run: GraphExecution) -> str:
    rows = NodeExecution.objects.filter(run__root=run.root_id).exclude(status=Status.COMPLETED)
    return f"{run.status} {list(rows.values('node__block_id', 'status', 'waits_for', 'dispatch', 'stats'))}"
