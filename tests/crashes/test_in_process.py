"""A process may die at every crash point at each of its passings, and several times during one run."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from pytest_django import Settings

import credits.services
from credits import audit
from executions import crashpoints, hints
from executions.models import GraphExecution
from notifications.models import Notice
from tests.crashes.mortal import MortalDriver
from tests.crashes.outcomes import outcome
from tests.executions.driver import Message
from tests.executions.test_properties import Case
from tests.graphs_for_tests import Build, Built
from tests.reference.graphs import graphs
from tests.reference.interpreter import Refused
from tests.reference.scenarios import Scenario


def arrives(message: Message) -> bool:
    """No message is lost; unlike `never`, the sweep may find what was never sent."""
    return False


@pytest.fixture
def drive(transactional_db: None, settings: Settings) -> Iterator[MortalDriver]:
    """A driver of one process that may die."""
    settings.SWEEP_SECONDS = settings.REPUBLISH_SECONDS = 0
    settings.NOTIFY_RUNS = True
    settings.TIER_COST = 0  # of every hundredth execution of the user
    before = hints.send()
    driver = MortalDriver(loses=arrives)
    hints.use(driver)
    crashpoints.install(driver.mortal)
    yield driver
    crashpoints.install()
    hints.use(before)


def meeting(build: Build) -> Built:
    """A paid node, a run below it, and two values that meet."""
    names = {"i": ("AgentInput", {"name": "q"}), "o": ("AgentOutput", {"name": "ans"})}
    child = build(names | {"p": "Paid"}, "i.result -> p.x", "p.out -> o.value")
    nodes: dict[str, Any] = {"a": ("Paid", {"x": 7}), "e": "Echo", "s": build.executor(child), "p": "Pair"}
    return build(nodes, "a.out -> e.x", "a.out -> s.q", "e.out -> p.a", "s.ans -> p.b")


def performed(drive: MortalDriver, built: Built, *deaths: int) -> dict[str, Any]:
    """One run, in which the process dies at these passings of a point."""
    user_id = built.version.graph.owner_id
    GraphExecution.objects.all().delete()
    Notice.objects.all().delete()
    purse = credits.services.balance(user_id)
    drive.messages.clear()
    drive.mortal.deaths, drive.mortal.passed = deaths, []
    return outcome(drive(drive.start(built.start)), purse)


def test_a_process_may_die_when_it_passes_a_point_for_the_last_time(drive: MortalDriver, build: Build) -> None:
    """Workers die when they pass it for the first time. The message comes again, or never, by turns."""
    built = meeting(build)
    undisturbed = performed(drive, built)
    wrong = {}
    last = {name: number for number, name in enumerate(drive.mortal.passed, start=1)}
    for name, number in last.items():
        drive.again = number % 2 == 0
        if (result := performed(drive, built, number)) != undisturbed:
            wrong[name] = result
    assert wrong == {}
    assert list(audit.differences()) == []


@pytest.mark.parametrize("again", [True, False])
@hypothesis(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(scenario=graphs(), deaths=st.sets(st.integers(1, 120), max_size=4))
def test_a_graph_does_what_the_specification_says_however_often_its_process_dies(
    build: Build, drive: MortalDriver, scenario: Scenario, deaths: set[int], *, again: bool
) -> None:
    drive.again = again
    case = Case(build, scenario)
    try:
        scenario.begun()
    except Refused:
        return
    drive.messages.clear()
    GraphExecution.objects.all().delete()  # of an example before
    drive.mortal.deaths, drive.mortal.passed = deaths, []
    run = drive(drive.start(case.start))
    assert case.is_possible(run), case.result(run)
