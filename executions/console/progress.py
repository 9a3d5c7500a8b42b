"""How far a run has come, read from the rows: two queries, whatever the size of the run."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Count, Sum
from django.utils import timezone

from executions.models import GraphExecution, NodeExecution
from executions.states import Status
from executions.wording import name_of
from graphs.models import Node


@dataclass(frozen=True)
class Progress:
    """A moment of a run, with the runs below it. `busy`: (name, waiting?) of what runs or waits now."""

    status: str
    seconds: float
    done: int = 0
    running: int = 0
    waiting: int = 0
    queued: int = 0
    failed: int = 0
    cost: int = 0
    stopping: bool = False
    paused: bool = False
    busy: Counter[tuple[str, bool]] = field(default_factory=Counter)

    @property
    def state(self) -> str:
        if self.stopping:
            return f"{self.status}, stopping"
        return f"{self.status}, paused" if self.paused else self.status

    def parts(self) -> list[str]:
        """What there is of each kind, as words."""
        more = [("queued", self.queued), ("failed", self.failed)]
        always = [("done", self.done), ("running", self.running), ("waiting", self.waiting)]
        return [f"{number} {word}" for word, number in always + [one for one in more if one[1]]] + [f"cost {self.cost}"]


@dataclass
class Names:
    """What nodes are called; each is looked up once."""

    known: dict[UUID, str] = field(default_factory=dict)

    def of(self, node_ids: Iterable[UUID]) -> dict[UUID, str]:
        unknown = set(node_ids) - self.known.keys()
        if unknown:
            rows = Node.objects.filter(pk__in=unknown).values_list("pk", "block_id", "metadata")
            self.known |= {pk: name_of(block_id, metadata) for pk, block_id, metadata in rows}
        return self.known


def progress_of(run: GraphExecution, names: Names) -> Progress:
    """Reads the run's row anew, then its nodes."""
    run.refresh_from_db(
        fields=["status", "started_at", "ended_at", "stop_requested_at", "paused_at", "failure", "stats"]
    )
    rows = list(
        NodeExecution.objects.filter(run__root_id=run.root_id)
        .order_by()
        .values_list("node_id", "status", "waits_for")
        .annotate(number=Count("pk"), cost=Sum("cost"))
    )
    busy = [(node, waits_for, number) for node, status, waits_for, number, _ in rows if status == Status.RUNNING]
    called = names.of(node for node, *_ in busy)
    counts: Counter[str] = Counter()
    for _, status, waits_for, number, _ in rows:
        counts["waiting" if waits_for is not None else status] += number
    return Progress(
        status=run.status,
        seconds=_seconds(run),
        done=counts[Status.COMPLETED],
        running=counts[Status.RUNNING],
        waiting=counts["waiting"] + counts[Status.REVIEW],
        queued=counts[Status.QUEUED],
        failed=counts[Status.FAILED],
        cost=sum(cost for *_, cost in rows),
        stopping=run.stop_requested_at is not None and not run.is_final,
        paused=run.paused_at is not None,
        busy=Counter({(called[node], waits_for is not None): number for node, waits_for, number in busy}),
    )


def _seconds(run: GraphExecution) -> float:
    return ((run.ended_at or timezone.now()) - run.created_at).total_seconds()
