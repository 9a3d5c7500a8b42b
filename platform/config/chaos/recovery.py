"""How long until what a fault hit moves again.

What a fault hits is known when it is injected: the node executions that a killed process held, or whose messages were
lost, and the part that was killed. It has recovered when each of these executions has been taken over, claimed or
ended, the part serves again, and after it at least one output has been stored somewhere."""

import logging
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.db import DatabaseError, connection
from django.db.models import Max

from config.chaos.stack import Stack
from executions.models import NodeExecution, NodeOutput
from executions.querysets import NodeExecutionQuerySet
from executions.states import Status

log = logging.getLogger(__name__)

LOOKS_EVERY = 0.25
Standing = tuple[str, UUID | None, int]


@dataclass
class Harm:
    """One fault that was injected. `held`: the executions that it hit, as they stood then."""

    kind: str
    held: Mapping[UUID, Standing] = field(default_factory=dict)
    part: str = ""
    at: float = field(default_factory=time.monotonic)
    outputs: int | None = None
    served: bool = False

    def __str__(self) -> str:
        parts = [self.part] if self.part and not self.served else []
        return f"{self.kind} ({', '.join([*parts, *map(str, self.held)]) or 'no output since'})"


def sent(execution_ids: Iterable[UUID]) -> dict[UUID, Standing]:
    """Those that wait for their message. Copies of messages are lost, too, whose executions are done."""
    return _standing(NodeExecution.objects.filter(pk__in=list(execution_ids), status=Status.QUEUED))


def held_by(pid: int) -> dict[UUID, Standing]:
    """What this process runs now; a killed worker takes its pool with it."""
    return _standing(NodeExecution.objects.running().filter(holder__contains=f"process {pid} on "))


def _standing(executions: NodeExecutionQuerySet) -> dict[UUID, Standing]:
    columns = executions.values_list("pk", "status", "claim_token", "dispatch")
    return {pk: (status, token, dispatch) for pk, status, token, dispatch in columns}


class Watch(threading.Thread):
    """Looks at the harmed executions until all have moved."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(name="recovery", daemon=True)
        self.stack = stack
        self.open: list[Harm] = []
        self.times: dict[str, list[float]] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()

    def add(self, harm: Harm) -> None:
        if harm.held or harm.part:
            with self._lock:
                self.open.append(harm)

    def run(self) -> None:
        while not self._ended.wait(LOOKS_EVERY):
            with self._lock:
                harms = list(self.open)
            try:
                over = [harm for harm in harms if self.is_over(harm)]
            except DatabaseError as wrong:
                log.info("the database is asked again: %s", wrong)
                connection.close()
                continue
            self._close(over)
        connection.close()

    def end(self) -> None:
        self._ended.set()
        self.join()

    def _close(self, over: list[Harm]) -> None:
        now = time.monotonic()
        with self._lock:
            for harm in over:
                self.open.remove(harm)
                self.times.setdefault(harm.kind, []).append(now - harm.at)

    def is_over(self, harm: Harm) -> bool:
        if harm.held:
            now = _standing(NodeExecution.objects.filter(pk__in=list(harm.held)))
            harm.held = {pk: before for pk, before in harm.held.items() if now.get(pk) == before}
            if harm.held:
                return False
        if not harm.part:
            return True
        harm.served = harm.served or self.stack.ready(harm.part)
        return harm.served and self._something_was_stored(harm)

    def _something_was_stored(self, harm: Harm) -> bool:
        last = NodeOutput.objects.aggregate(last=Max("pk"))["last"] or 0
        if harm.outputs is None:
            harm.outputs = last
        return last > harm.outputs
