"""What a run has done so far, added up from its node executions when somebody asks (spec 3.10, D29)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, Sum

from executions.models import GraphExecution, NodeExecution
from executions.states import Status


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
    sums = (
        NodeExecution.objects.filter(run_id=run.pk)
        .claimed()
        .aggregate(
            claimed=Count("pk"),
            failed=Count("pk", filter=Q(status=Status.FAILED)),
            steps=Sum("extra_steps"),
            wall=Sum("walltime"),
            cpu=Sum("cputime"),
            own=Sum("cost"),
            children=Sum("extra_cost"),
        )
    )
    return Statistics(
        error=run.failure,
        duration=0.0 if run.started_at is None else (ended - run.started_at).total_seconds(),
        claimed=sums["claimed"],
        in_children=sums["steps"] or 0,
        failed=sums["failed"],
        walltime=sums["wall"] or 0.0,
        cputime=sums["cpu"] or 0.0,
        cost=(sums["own"] or 0) + (sums["children"] or 0),
    )
