"""Several decide, or somebody stops, at the same moment: a node goes on once, and after a stop not at all."""

from executions import services
from executions.engine import stop
from executions.engine.conclusion import conclude
from executions.engine.reviewing import Answer
from executions.errors import ExecutionError
from executions.models import GraphExecution
from executions.states import Status, Verdict
from tests.executions.driver import Driver
from tests.executions.reviews.asking import gated, until_asked
from tests.executions.runs import values
from tests.graphs.test_concurrency import at_once
from tests.graphs_for_tests import Build


def decided(run: GraphExecution, answer: Answer) -> bool:
    try:
        services.decide_reviews(user=run.user, answers=[answer])
    except ExecutionError:
        return False
    return True


def test_the_same_decision_from_many_lets_the_node_go_on_once(build: Build, drive: Driver) -> None:
    built = gated(build)
    run = built.start()
    [review] = until_asked(drive, run)
    answer = Answer(review.node_execution_id, approved=True)
    assert at_once(*[lambda: decided(run, answer)] * 6) == [True] * 6
    assert [message.name for message in drive.messages] == ["run_node"]
    assert (drive(run).status, values(built, run, "yes")) == (Status.COMPLETED, [{"a": 1}])


def test_of_two_minds_the_first_one_holds(build: Build, drive: Driver) -> None:
    built = gated(build)
    run = built.start()
    [review] = until_asked(drive, run)
    answers = [Answer(review.node_execution_id, approved=approved) for approved in (True, False)]
    outcomes = at_once(*(lambda answer=answer: decided(run, answer) for answer in answers))
    assert sorted(outcomes) == [False, True]
    review.refresh_from_db()
    assert review.status == (Verdict.APPROVED if outcomes[0] else Verdict.REJECTED)
    drive(run)
    assert len(values(built, run, "yes")) + len(values(built, run, "no")) == 1


def test_a_stop_and_a_decision_leave_nothing_that_runs(build: Build, drive: Driver) -> None:
    built = gated(build)
    run = built.start()
    [review] = until_asked(drive, run)
    answer = Answer(review.node_execution_id, approved=True)
    at_once(lambda: decided(run, answer), lambda: services.stop_run(run))
    assert drive(run).status == Status.TERMINATED
    review.refresh_from_db()
    assert review.status != Verdict.WAITING
    assert values(built, run, "yes") == []


def test_a_limit_that_is_noticed_when_the_run_asks_already_leaves_it_to_the_person(build: Build, drive: Driver) -> None:
    """The sweep has seen that it ran for too long, and the last of its nodes ends before the sweep says so."""
    run = gated(build).start()
    [review] = until_asked(drive, run)
    stop.fail(run.pk, "it took too long")
    conclude(run.pk)
    run.refresh_from_db()
    assert (run.status, run.failure) == (Status.REVIEW, None)
    services.decide_reviews(user=run.user, answers=[Answer(review.node_execution_id, approved=True)])
    assert drive(run).status == Status.COMPLETED
