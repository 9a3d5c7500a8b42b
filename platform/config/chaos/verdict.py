"""Goes through all runs and the whole installation at the end. What is not as promised is a violation."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Q, Sum

from config.chaos.blocks import EFFECTS
from config.chaos.comparison import differences
from config.chaos.graphs import Stored
from config.chaos.kinds import ONCE
from config.chaos.load import Ticket
from config.chaos.reading import Found, found
from credits import audit
from credits.models import Balance, CreditTransaction
from executions.models import GraphExecution, NodeExecution, NodeInput, NodeOutput
from executions.states import FINAL, Status

MOST_ROWS: Final = 20  # runs whose rows are written down


@dataclass(frozen=True)
class Violation:
    """`about`: a run's id, or the part of the installation. `rows`: where the run's rows were written to."""

    about: str
    kind: str
    difference: str
    rows: str = ""


@dataclass
class Verdict:
    checked: Counter[str] = field(default_factory=Counter)
    stopped: int = 0
    nodes: int = 0
    perhaps: int = 0
    violations: list[Violation] = field(default_factory=list)

    def add(self, about: str, kind: str, wrong: Iterable[str], rows: str = "") -> None:
        self.violations += [Violation(about, kind, difference, rows) for difference in wrong]


def of_runs(
    tickets: Iterable[Ticket],
    stored: Mapping[str, Stored],
    references: Mapping[tuple[str, int], Found],
    folder: Path,
) -> Verdict:
    """Every start that was accepted has one run, and that run is right."""
    verdict = Verdict()
    versions = {each.version_id: each for each in stored.values()}
    runs: dict[int, list[GraphExecution]] = {}
    for run in GraphExecution.objects.roots().select_related("graph_version"):
        runs.setdefault(run.inputs["ticket"], []).append(run)
    for ticket in tickets:
        mine = runs.get(ticket.number, [])
        verdict.add(ticket.run_id or "-", ticket.stored.kind.name, _accepted(ticket, mine))
        for run in mine:
            _check(verdict, ticket, run, found(run, versions), references[ticket.variant], folder)
    return verdict


def _accepted(ticket: Ticket, runs: list[GraphExecution]) -> Iterator[str]:
    if ticket.refused:
        yield f"refused: {ticket.refused}"
    if ticket.run_id and [str(run.pk) for run in runs] != [ticket.run_id]:
        yield f"the start was answered with run {ticket.run_id}, there are {[str(run.pk) for run in runs]}"
    if len(runs) > 1:
        yield f"one start has made {len(runs)} runs"


def _check(verdict: Verdict, ticket: Ticket, run: GraphExecution, seen: Found, expected: Found, folder: Path) -> None:
    kind = ticket.stored.kind
    verdict.checked[kind.name] += 1
    verdict.stopped += seen.stopping
    verdict.nodes += sum(node.statuses.total() for node in seen.nodes.values())
    verdict.perhaps += sum(seen.nodes[key].perhaps for key in kind.once if key in seen.nodes)
    wrong = differences(kind, expected, seen)
    acknowledged = ticket.stop_acknowledged
    if acknowledged and seen.last_start and seen.last_start.timestamp() > acknowledged:
        wrong.append(f"a node started at {seen.last_start}, after the stop had been acknowledged at {acknowledged}")
    if wrong:
        few = len({one.rows for one in verdict.violations if one.rows}) < MOST_ROWS
        verdict.add(str(run.pk), kind.name, wrong, str(write_rows(run, folder)) if few else "")


def write_rows(run: GraphExecution, folder: Path) -> Path:
    """Everything that is stored about a run, for whoever looks for the reason."""
    runs = GraphExecution.objects.filter(root_id=run.pk)
    nodes = NodeExecution.objects.filter(run__in=runs)
    rows = {
        "runs": list(runs.values()),
        "node_executions": list(nodes.order_by("pk").values()),
        "outputs": list(NodeOutput.objects.filter(node_execution__in=nodes).order_by("pk").values()),
        "inputs": list(NodeInput.objects.filter(run_node__run__in=runs).order_by("pk").values()),
        "credits": list(CreditTransaction.objects.filter(graph_exec_id__in=runs.values("pk")).order_by("pk").values()),
    }
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{run.pk}.json"
    file.write_text(json.dumps(rows, default=str, indent=1))
    return file


def of_installation() -> Iterator[tuple[str, str]]:
    """What holds for all rows together, as (part, difference)."""
    for run in GraphExecution.objects.alive()[:10]:
        yield "runs", f"run {run.pk} has not ended: {run.status}"
    open_nodes = Q(status__in=[Status.QUEUED, Status.RUNNING, Status.REVIEW])
    held = Q(claim_token__isnull=False) | Q(waits_for__isnull=False) | Q(wake_pending=True)
    for one in NodeExecution.objects.filter(open_nodes | held)[:10]:
        yield "node executions", f"{one.pk} is {one.status}, claim {one.claim_token}, waits for {one.waits_for}"
    of_the_gone = NodeExecution.objects.filter(worker__gone_at__isnull=False, claim_token__isnull=False)
    for one in of_the_gone[:10]:
        yield "workers", f"{one.pk} is held by {one.worker}, which is gone"
    for difference in audit.differences():
        yield "credits", difference
    yield from _surcharges()


def _surcharges() -> Iterator[tuple[str, str]]:
    """Every so many executions of a user cost something: each execution is counted once (D23)."""
    ended = NodeExecution.objects.claimed().filter(run__status__in=FINAL).order_by()
    of_users = ended.values("run__user_id").annotate(number=Count("pk"))
    counted: dict[UUID, int] = dict(of_users.values_list("run__user_id", "number"))
    for balance in Balance.objects.filter(user_id__in=counted):
        tiers = CreditTransaction.objects.filter(user_id=balance.user_id, kind="tier").aggregate(sum=Sum("amount"))
        due = balance.executions // settings.TIER_SIZE * settings.TIER_COST
        if balance.executions != counted[balance.user_id]:
            number = counted[balance.user_id]
            yield "credits", f"{balance.executions} executions are counted for the surcharge, {number} were made"
        if -(tiers["sum"] or 0) + balance.owed != due:
            yield "credits", f"surcharges of {-(tiers['sum'] or 0)} were taken, {due} were due"


def of_effects(state: Path) -> Iterator[tuple[str, str]]:
    """What blocks that must not run twice have done outside, where no transaction reaches."""
    file = state / EFFECTS
    entered: Counter[str] = Counter()
    for line in file.read_text().splitlines() if file.exists() else ():
        execution_id, _, _ = line.split()
        entered[execution_id] += 1
    once = NodeExecution.objects.filter(run__graph_version__nodes__block_id=ONCE, node__block_id=ONCE)
    for pk, status in once.values_list("pk", "status").distinct():
        if entered[str(pk)] > 1:
            yield "effects", f"execution {pk} may run once and was called {entered[str(pk)]} times"
        if status == Status.COMPLETED and not entered[str(pk)]:
            yield "effects", f"execution {pk} is COMPLETED and was never called"
