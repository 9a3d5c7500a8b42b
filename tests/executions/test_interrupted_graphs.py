"""A graph that is stopped and retried, or paused and resumed, does what it would have done undisturbed."""

from hypothesis import given

from executions import services
from executions.models import GraphExecution
from executions.states import Status
from tests.executions.driver import Driver
from tests.executions.test_properties import CHOICES, Case, chosen, examples
from tests.graphs_for_tests import Build
from tests.reference.graphs import graphs
from tests.reference.interpreter import Refused
from tests.reference.record import exact
from tests.reference.scenarios import Scenario


def begun(build: Build, drive: Driver, scenario: Scenario, choices: bytes) -> tuple[Case, GraphExecution] | None:
    """A run after some of its messages; None for a graph that may not be run."""
    drive.messages.clear()
    GraphExecution.objects.alive().delete()  # of an example before that has failed
    try:
        scenario.begun()
    except Refused:
        return None
    case = Case(build, scenario)
    run = case.start()
    for choice in choices[: choices[-1] % len(choices)]:
        if drive.messages:
            drive.step(lambda waiting, choice=choice: choice % waiting)  # type: ignore[misc]  # a default is the choice
    return case, run


@examples
@given(graphs(), CHOICES)
def test_a_graph_that_is_stopped_and_retried(build: Build, drive: Driver, scenario: Scenario, choices: bytes) -> None:
    if (started := begun(build, drive, scenario, choices)) is None:
        return
    case, run = started
    # what has failed until then would be tried again, and put its error out a second time
    if not run.node_executions.filter(status=Status.FAILED).exists():
        services.stop_run(run)
        if run.status == Status.TERMINATED:
            services.retry_run(run)
    drive(run, order=chosen(choices[::-1]))
    assert exact(case.result(run)) == exact(case.expected(run))


@examples
@given(graphs(), CHOICES)
def test_a_graph_that_is_paused_and_resumed(build: Build, drive: Driver, scenario: Scenario, choices: bytes) -> None:
    if (started := begun(build, drive, scenario, choices)) is None:
        return
    case, run = started
    run.refresh_from_db()
    if not run.is_final:
        services.pause_run(run)
        for _ in range(choices[0] % 10):
            if drive.messages:
                drive.step()
        run.refresh_from_db()
        if not run.is_final:  # the last block had ended before the pause, and only the end was to come
            services.resume_run(run)
    drive(run, order=chosen(choices[::-1]))
    assert exact(case.result(run)) == exact(case.expected(run))


@examples
@given(graphs(), CHOICES)
def test_a_graph_of_which_messages_of_earlier_lives_arrive_late(
    build: Build, drive: Driver, scenario: Scenario, choices: bytes
) -> None:
    drive.copies = 2
    if (started := begun(build, drive, scenario, choices)) is None:
        return
    case, run = started
    for _ in range(2):
        if drive.messages and not run.node_executions.filter(status=Status.FAILED).exists():
            services.stop_run(run)
            if run.status == Status.TERMINATED:
                services.retry_run(run)  # messages of the life before are still there
                drive.step(chosen(choices))
    drive(run, order=chosen(choices[::-1]))
    assert exact(case.result(run)) == exact(case.expected(run))
