"""What goes wrong in the rows is found: each test plants one thing."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from django.utils import timezone

from config.chaos import verdict
from config.chaos.blocks import EFFECTS
from config.chaos.graphs import Stored
from config.chaos.load import Ticket
from config.chaos.reading import found
from credits.models import Balance, CreditTransaction
from executions.models import GraphExecution, NodeExecution, NodeOutput, Worker
from executions.states import Status
from tests.chaos.conftest import Play


class Checked:
    """One run that is right, compared with another one of its kind."""

    def __init__(self, play: Play, graphs: dict[str, Stored], folder: Path) -> None:
        self.folder, self.graphs = folder, graphs
        of_kind = graphs["once"]
        inputs = of_kind.kind.inputs[0]
        versions = {each.version_id: each for each in graphs.values()}
        self.references = {("once", 0): found(play("once", **inputs, ticket=-1), versions)}
        self.run = play("once", **inputs, ticket=0)
        self.ticket = Ticket(0, of_kind, inputs, run_id=str(self.run.pk))

    def violations(self) -> list[str]:
        found_out = verdict.of_runs([self.ticket], self.graphs, self.references, self.folder / "violations")
        return [one.difference for one in found_out.violations]

    def of(self, key: str) -> NodeExecution:
        ids = {name: node_id for node_id, name in self.ticket.stored.keys.items()}
        return NodeExecution.objects.get(run=self.run, node_id=ids[key])


@pytest.fixture
def checked(play: Play, graphs: dict[str, Stored], effects: Path) -> Iterator[Checked]:
    made = Checked(play, graphs, effects)
    assert made.violations() == []
    assert everywhere(effects) == []
    yield made
    assert made.violations() + everywhere(effects) != []


def everywhere(effects: Path) -> list[str]:
    return [f"{part}: {difference}" for part, difference in (*verdict.of_installation(), *verdict.of_effects(effects))]


PLANTED: dict[str, tuple[Callable[[Checked], object], str]] = {
    "an output is gone": (lambda seen: seen.of("add").outputs.all().delete(), "missing 1"),
    "an output is there twice": (
        lambda seen: NodeOutput.objects.create(
            node_execution=seen.of("add"), sequence=1, pin="result", data=2.0, size=3
        ),
        "too many 1",
    ),
    "an output is of another number": (
        lambda seen: seen.of("add").outputs.update(sequence=1),
        "output 0 is missing, 1 follows",
    ),
    "a node ran once more": (
        lambda seen: NodeExecution.objects.create(
            run=seen.run,
            node=seen.of("add").node,
            ordinal=1,
            status=Status.COMPLETED,
            add_time=timezone.now(),
            start_time=timezone.now(),
            end_time=timezone.now(),
        ),
        "executions {'COMPLETED': 2}",
    ),
    "a node runs": (
        lambda seen: NodeExecution.objects.filter(pk=seen.of("add").pk).update(
            status=Status.RUNNING, end_time=None, claim_token=uuid4()
        ),
        "is RUNNING",
    ),
    "a charge is gone": (
        lambda seen: CreditTransaction.objects.filter(node_execution_id=seen.of("once").pk).delete(),
        "says that it cost 5, the ledger says 0",
    ),
    "a charge is there twice": (
        lambda seen: _charge_again(CreditTransaction.objects.get(node_execution_id=seen.of("once").pk)),
        "charged 10, not 5",
    ),
    "the run failed": (
        lambda seen: GraphExecution.objects.filter(pk=seen.run.pk).update(status=Status.FAILED),
        "the run is FAILED, not COMPLETED",
    ),
    "the run is gone": (lambda seen: GraphExecution.objects.filter(pk=seen.run.pk).delete(), "there are []"),
}


def _charge_again(row: CreditTransaction) -> None:
    row.pk, row.key, row.cycle = uuid4(), "again", 2
    row.save(force_insert=True)


@pytest.mark.parametrize("what", PLANTED)
def test_a_run_that_is_not_as_promised_is_a_violation(checked: Checked, what: str) -> None:
    plant, words = PLANTED[what]
    plant(checked)
    assert any(words in one for one in checked.violations()), checked.violations()


def test_the_rows_of_a_wrong_run_are_written_down(checked: Checked) -> None:
    checked.of("add").outputs.all().delete()
    checked.violations()
    assert str(checked.of("add").pk) in (checked.folder / "violations" / f"{checked.run.pk}.json").read_text()


def test_a_start_that_was_refused_is_a_violation(checked: Checked) -> None:
    checked.ticket.refused = "402 no credits"
    assert "refused: 402 no credits" in checked.violations()


def test_a_start_after_an_acknowledged_stop_is_a_violation(checked: Checked) -> None:
    checked.ticket.stop_acknowledged = 1.0
    assert any("after the stop had been acknowledged" in one for one in checked.violations())


def test_a_start_that_made_two_runs_is_a_violation(checked: Checked, play: Play) -> None:
    play("once", **checked.ticket.inputs, ticket=0)
    assert "one start has made 2 runs" in checked.violations()


def test_a_balance_that_is_not_its_ledger_is_a_violation(checked: Checked, effects: Path) -> None:
    Balance.objects.update(balance=7)
    assert any("the balance is 7" in one for one in everywhere(effects))


def test_executions_that_are_counted_twice_are_a_violation(checked: Checked, effects: Path) -> None:
    Balance.objects.update(executions=1000)
    assert any("1000 executions are counted" in one for one in everywhere(effects))


def test_a_block_that_ran_twice_although_it_must_not_is_a_violation(checked: Checked, effects: Path) -> None:
    with (effects / EFFECTS).open("a") as traces:
        traces.write(f"{checked.of('once').pk} again 1.0\n")
    assert any("may run once and was called 2 times" in one for one in everywhere(effects))


def test_what_a_worker_holds_that_is_gone_is_a_violation(checked: Checked, effects: Path) -> None:
    now = timezone.now()
    gone = Worker.objects.create(
        name="io@here", host="here", pid=1, pool="threads", started_at=now, seen_at=now, gone_at=now
    )
    held = NodeExecution.objects.filter(pk=checked.of("add").pk)
    held.update(status=Status.RUNNING, end_time=None, claim_token=uuid4(), worker=gone)
    assert any("which is gone" in one for one in everywhere(effects))
