"""Follows a run to its end, and says when nothing happens and why that may be."""

import time
from dataclasses import dataclass
from typing import Final

from executions.console.display import Display
from executions.console.progress import Names, Progress, progress_of
from executions.models import GraphExecution
from executions.states import Status

SHORTEST, LONGEST = 0.1, 2.0
PATIENCE: Final = 5.0


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
        stuck = now.running == 0 and not now.stopping and (now.queued > 0 or now.status == Status.QUEUED)
        if self.said or not stuck or time.monotonic() - self.since < self.seconds:
            return None
        self.said = True
        return _not_taken(run) if now.status == Status.QUEUED else _not_claimed(now)


def _not_taken(run: GraphExecution) -> str:
    others = GraphExecution.objects.of(run.user_id).roots().filter(status=Status.RUNNING).count()
    first = f" Or do {others} other runs of {run.user} have to end first?" if others else ""
    return f"No worker has taken the run yet: is `manage.py up` running?{first}"


def _not_claimed(now: Progress) -> str:
    return f"No worker has taken one of the {now.queued} queued nodes for a while: is `manage.py up` running?"


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
