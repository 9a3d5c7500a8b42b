"""Follows a run to its end, and says when nothing happens and why that may be."""

import time
from dataclasses import dataclass
from typing import Final

from executions.console.display import Display
from executions.console.progress import Names, Progress, progress_of
from executions.models import GraphExecution
from executions.states import Status
from executions.waiting import Kind, waiting_for

SHORTEST, LONGEST = 0.1, 2.0
PATIENCE: Final = 5.0
SAID: Final = 3


@dataclass
class Patience:
    """Notices that nothing has changed for a while; says it once until something changes."""

    seconds: float = PATIENCE
    seen: Progress | None = None
    since: float = 0.0
    said: bool = False

    def complaint(self, run: GraphExecution, now: Progress) -> str | None:
        if self.seen is None or now.parts() != self.seen.parts() or now.state != self.seen.state:
            self.seen, self.since, self.said = now, time.monotonic(), False
        held = now.stopping or now.paused
        stuck = now.running == 0 and not held and (now.queued > 0 or now.status == Status.QUEUED)
        if self.said or not stuck or time.monotonic() - self.since < self.seconds:
            return None
        self.said = True
        return _why(run)


def _why(run: GraphExecution) -> str:
    """The first reasons, and what to do where no worker is there."""
    found = waiting_for(run)[:SAID]
    lines = [reason.detail for reason in found]
    if any(reason.kind is Kind.NO_WORKER for reason in found):
        lines.append("Is `manage.py up` running?")
    return "\n".join(lines)


def watch(run: GraphExecution, display: Display, *, patience: float = PATIENCE) -> None:
    """Returns when the run has ended."""
    names, patient = Names(), Patience(patience)
    while True:
        asked = time.monotonic()
        now = progress_of(run, names)
        display.show(now)
        if run.is_final:
            return
        if complaint := patient.complaint(run, now):
            display.say(complaint)
        # a run of very many nodes is looked at less often
        time.sleep(min(LONGEST, max(SHORTEST, 10 * (time.monotonic() - asked))))
