"""Messages are hints: they make things happen at once; without them the sweep makes them happen later.

The engine speaks to this room, and knows nothing of what carries the hints (executions.publishing does)."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Protocol
from uuid import UUID

from executions.models import NodeExecution


class Sender(Protocol):
    """Every method returns at once and never raises because a broker cannot be reached."""

    def nodes(self, executions: Iterable[NodeExecution]) -> None: ...

    def admit(self, run_id: UUID) -> None: ...

    def launch(self, run_id: UUID, chord_id: str, first: list[NodeExecution]) -> None:
        """The first executions of a run that was admitted; they are the first members of its chord."""
        ...

    def resume(self, run_id: UUID) -> None: ...

    def conclude(self, run_id: UUID) -> None: ...

    def advance(self, run_id: UUID) -> None: ...

    def wake(self, execution_id: UUID, at: datetime) -> None: ...

    def unsent(self, executions: Iterable[NodeExecution]) -> list[NodeExecution] | None:
        """Those that were never sent, and those whose queue holds fewer messages than there are of them: some of
        theirs must have been lost. None when nobody can say."""
        ...

    def interrupt(self, executions: Iterable[NodeExecution], *, kill: bool = False) -> None: ...


_makers: list[Callable[[], Sender]] = []
_used: list[Sender] = []


def made_by(make: Callable[[], Sender]) -> None:
    """Said once, when the application starts. A command that sends nothing does not pay for what carries the hints."""
    _makers[:] = [make]


def use(sender: Sender) -> None:
    _used[:] = [sender]


def send() -> Sender:
    if not _used:
        use(_makers[0]())
    return _used[0]


def publish_ids(execution_ids: Iterable[UUID]) -> None:
    send().nodes(NodeExecution.objects.filter(pk__in=list(execution_ids), status="QUEUED").select_related("run"))
