"""What a run has done so far, added up from its node executions when somebody asks (spec 3.10, D29)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from executions.models import GraphExecution
from executions.statements import totals_of


@dataclass(frozen=True)
class Statistics:
    """Times in seconds, cost in credits. `claimed`: executions of this run that were on a worker."""

    error: str | None
    duration: float
    claimed: int
    in_children: int
    failed: int
    walltime: float
    cputime: float
    cost: int

    def as_json(self, *, extra_cost: int = 0) -> dict[str, Any]:
        return {
            "cost": self.cost + extra_cost,
            "duration": self.duration,
            "duration_cpu_only": self.cputime,
            "node_exec_time": self.walltime,
            "node_exec_time_cpu_only": self.cputime,
            "node_exec_count": self.claimed + self.in_children,
            "node_error_count": self.failed,
            "error": self.error,
            "activity_status": None,
            "correctness_score": None,
        }


def statistics(run: GraphExecution, *, ended: datetime) -> Statistics:
    totals = totals_of(run.pk)
    return Statistics(
        error=run.failure,
        duration=0.0 if run.started_at is None else (ended - run.started_at).total_seconds(),
        claimed=totals.claimed,
        in_children=totals.steps,
        failed=totals.failed,
        walltime=totals.wall,
        cputime=totals.cpu,
        cost=totals.own + totals.children,
    )
