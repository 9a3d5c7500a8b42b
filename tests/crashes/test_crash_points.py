"""Kill any process at any statement: the outcome is that of an undisturbed run (design 1)."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from celery import current_app

from executions.models import GraphExecution
from tests.crashes import calling_scenarios, credential_scenarios, points  # noqa: F401  these register theirs
from tests.crashes.crew import Crew, crew
from tests.crashes.faults import CONNECTION, KILL, Faults
from tests.crashes.judgements import REJECTED
from tests.crashes.outcomes import forget, outcome, remains
from tests.crashes.scenarios import SCENARIOS
from tests.crashes.stage import Stage
from tests.stack import eventually

pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]

VARIABLES = {
    "PETIOLE_REPUBLISH_SECONDS": "0.5",
    "PETIOLE_STOP_GRACE": "0.5",
    "PETIOLE_SHUTDOWN_SECONDS": "1",
    "PETIOLE_NOTIFY_RUNS": "true",
    "PETIOLE_TAKEBACK_SECONDS": "5",
    "PETIOLE_MODERATION_TIMEOUT": "0.5",
    "PETIOLE_SUMMARY_URL": "http://127.0.0.1:9/v1",  # nobody is there: a summary fails at once
    "PETIOLE_SUMMARY_TIMEOUT": "0.5",
}
NAMES = sorted(point.name for point in points.declared())
# A test for each area, not for each point: to empty the tables after a test takes half a second.
AREAS = {area: list(names) for area, names in groupby(NAMES, lambda name: name.partition(".")[0])}


@dataclass
class Theatre:
    crew: Crew
    faults: Faults

    def play(self, name: str, *fault: str) -> tuple[Stage, GraphExecution]:
        """One performance, with a fault at a point or undisturbed; back when all is over."""
        self.faults.clear()
        stage = Stage(self.crew, self.faults, lambda: self.faults.arm(*fault) if fault else None)
        eventually(stage.settled)
        run = SCENARIOS[name](stage)
        stage.ends(run)
        return stage, run

    def disturb(self, rehearsals: "dict[str, Rehearsal]", *fault: str) -> None:
        """In the first of these in which somebody comes to the point: some are passed by chance."""
        for name, rehearsal in rehearsals.items():
            stage, run = self.play(name, *fault)
            assert outcome(run, stage.purse) == rehearsal.outcome
            assert remains(run) == []
            if self.faults.fired.exists():
                return
        eventually(
            self.faults.fired.exists, within=100
        )  # by somebody who does not belong to the run: a worker that begins


@dataclass(frozen=True)
class Rehearsal:
    """What an undisturbed performance passes, and what it comes to."""

    passed: frozenset[str]
    outcome: dict[str, Any]


@pytest.fixture(scope="module")
def theatre(
    broker: None, django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Theatre]:
    folder: Path = tmp_path_factory.mktemp("crashes")
    rules = folder / "rules.txt"
    rules.write_text(f"{REJECTED}\n")
    variables = VARIABLES | {"TEST_CRASH_FOLDER": str(folder), "PETIOLE_MODERATION_RULES": str(rules)}
    with django_db_blocker.unblock(), crew(folder, **variables) as processes:
        forget()
        yield Theatre(processes, Faults(folder))
    current_app.control.purge()
    forget()


@pytest.fixture(scope="module")
def rehearsals(theatre: Theatre) -> dict[str, Rehearsal]:
    return {name: _rehearsed(theatre, name) for name in SCENARIOS}


def _rehearsed(theatre: Theatre, name: str) -> Rehearsal:
    theatre.faults.passed.touch()
    stage, run = theatre.play(name)
    passed = frozenset(theatre.faults.recorded())
    theatre.faults.passed.unlink()
    return Rehearsal(passed, outcome(run, stage.purse))


def test_every_point_is_passed_by_a_scenario(rehearsals: dict[str, Rehearsal]) -> None:
    passed = frozenset[str]().union(*(rehearsal.passed for rehearsal in rehearsals.values()))
    assert set(NAMES) - passed == set()


@pytest.mark.parametrize("fault", [KILL, CONNECTION])
@pytest.mark.parametrize("area", AREAS)
def test_a_fault_at_any_point_changes_nothing(
    theatre: Theatre, rehearsals: dict[str, Rehearsal], area: str, fault: str, subtests: pytest.Subtests
) -> None:
    for point in AREAS[area]:
        with subtests.test(point):
            passing = {name: rehearsal for name, rehearsal in rehearsals.items() if point in rehearsal.passed}
            theatre.disturb(passing, point, fault)


@pytest.mark.parametrize("point", ["claim.before_commit", "block.left", "commit.before_commit", "publish.sent"])
def test_a_worker_with_all_its_threads_may_be_killed(
    theatre: Theatre, rehearsals: dict[str, Rehearsal], point: str
) -> None:
    rehearsal = rehearsals["values_on_threads"]
    assert point in rehearsal.passed
    theatre.disturb({"values_on_threads": rehearsal}, point, KILL)
