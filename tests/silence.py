"""A sender that sends nothing and remembers what it was asked for."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from executions.models import NodeExecution


class Silent:
    def __init__(self) -> None:
        self.asked: list[tuple[str, UUID]] = []

    def nodes(self, executions: Iterable[NodeExecution]) -> None:
        self.asked += [("node", execution.pk) for execution in executions]

    def admit(self, run_id: UUID) -> None:
        self.asked.append(("admit", run_id))

    def launch(self, run_id: UUID, chord_id: str, first: list[NodeExecution]) -> None:
        self.asked.append(("launch", run_id))

    def resume(self, run_id: UUID) -> None:
        self.asked.append(("resume", run_id))

    def conclude(self, run_id: UUID) -> None:
        self.asked.append(("conclude", run_id))

    def advance(self, run_id: UUID) -> None:
        self.asked.append(("advance", run_id))

    def wake(self, execution_id: UUID, at: datetime) -> None:
        self.asked.append(("wake", execution_id))

    def unsent(self, executions: Iterable[NodeExecution]) -> list[NodeExecution] | None:
        return list(executions)

    def interrupt(self, executions: Iterable[NodeExecution], *, kill: bool = False) -> None:
        self.asked += [("kill" if kill else "interrupt", execution.pk) for execution in executions]
