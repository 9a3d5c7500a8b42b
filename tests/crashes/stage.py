"""Where the scenarios are played: real workers, a user for each performance, and a fault at the right moment."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID, uuid4

from celery import current_app

import credits.services
from accounts.models import User
from config.chaos.messages import QUEUES
from executions import hints
from executions.models import GraphExecution, NodeExecution
from executions.states import Status
from tests.crashes.crew import Crew, HandLost
from tests.crashes.faults import Faults
from tests.crashes.outcomes import has_ended
from tests.graphs_for_tests import Build, Built
from tests.silence import Silent
from tests.stack import eventually

PURSE: Final = 1_000  # credits of everybody at first


@dataclass
class Stage:
    """One performance. `arm` is called by the scenario when what may be disturbed begins."""

    crew: Crew
    faults: Faults
    arm: Callable[[], None]
    purse: int = PURSE
    user: User = field(init=False)

    def __post_init__(self) -> None:
        self.user = User.objects.create_user(f"user-{uuid4()}")
        credits.services.grant(self.user.pk, self.purse, reason="for tests")
        self.build = Build(self.user)

    def give(self, amount: int) -> None:
        """So many more credits, or less."""
        credits.services.grant(self.user.pk, amount, reason="for tests")
        self.purse += amount

    def start(self, built: Built, max_cost: int | None = None, **inputs: Any) -> GraphExecution:
        """Who is killed while he starts a run looks whether it is there, and starts it if it is not."""
        order = {"user": str(self.user.pk), "version": str(built.version.pk), "inputs": inputs, "max_cost": max_cost}
        try:
            return GraphExecution.objects.get(pk=self.crew.ask(do="start", **order))
        except HandLost:
            if run := GraphExecution.objects.filter(user=self.user, parent=None).first():
                return run
            return GraphExecution.objects.get(pk=self.crew.ask(do="start", **order))

    def order(self, verb: str, run: GraphExecution, **undone: Any) -> None:
        """Who is killed while he does something to a run does it again when it is still `undone`."""
        try:
            self.crew.ask(do=verb, run=str(run.pk))
        except HandLost:
            if GraphExecution.objects.filter(pk=run.pk, **undone).exists():
                self.crew.ask(do=verb, run=str(run.pk))

    def stop(self, run: GraphExecution) -> None:
        self.order("stop", run, stop_requested_at=None)

    def wait(self, **condition: Any) -> NodeExecution:
        """Until there is such a node execution of this user."""
        found = NodeExecution.objects.filter(run__user=self.user, **condition)
        return eventually(found.first)  # type: ignore[no-any-return]

    def waits(self, what: str) -> NodeExecution:
        return self.wait(status=Status.RUNNING, waits_for=what)

    def began(self, run_id: UUID | None = None) -> NodeExecution:
        """A block that runs has put out its first value."""
        return self.wait(status=Status.RUNNING, waits_for=None, outputs__sequence=0)

    def ends(self, run: GraphExecution) -> None:
        """With all runs below it and what follows their ends; when it does not, what it is doing."""
        try:
            eventually(lambda: has_ended(run), within=100)
        except AssertionError as late:
            nodes = NodeExecution.objects.filter(run__root=run)
            rows = nodes.values_list("node__block_id", "status", "waits_for", "holder", "dispatch", "mishaps", "stats")
            raise AssertionError("\n".join([str(late), *map(str, rows)])) from late

    def settled(self) -> bool:
        """Nothing waits in a queue: a message of an earlier performance would set off what is armed for this one."""
        with current_app.connection_for_write() as connection:
            channel: Any = connection.default_channel
            return not any(channel.client.llen(queue) for queue in QUEUES)


@contextmanager
def silence() -> Iterator[None]:
    """What this process sends is lost."""
    before = hints.send()
    hints.use(Silent())
    try:
        yield
    finally:
        hints.use(before)
