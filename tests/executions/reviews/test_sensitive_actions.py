"""A person is asked before a sensitive action, where the graph wants it: nothing is done or paid before."""

from collections.abc import Iterator

import pytest

import credits.services
from blocks import registry
from executions import services
from executions.engine.reviewing import Answer
from executions.errors import DecisionRefused
from executions.models import GraphExecution, Review
from executions.states import Status
from graphs import services as graphs
from tests.executions.driver import Driver
from tests.executions.reviews.asking import PRINT, until_asked
from tests.executions.runs import statuses, values
from tests.graphs_for_tests import Build, Built


@pytest.fixture
def built(build: Build) -> Built:
    built = build(
        {"a": ("Echo", {"x": "hello"}), "p": PRINT, "e": "Echo", "w": "Echo"},
        "a.out -> p.text",
        "p.output -> e.x",
        "p.error -> w.x",
        p={"retry": {"attempts": 3, "delay_seconds": 0.01}},
    )
    graphs.set_safe_modes(build.user, built.version.graph_id, {"sensitive_action_safe_mode": True})
    built.version.refresh_from_db()
    return built


@pytest.fixture
def priced(monkeypatch: pytest.MonkeyPatch, settings: pytest.FixtureRequest) -> Iterator[int]:
    """The action costs something."""
    from blocks.sdk import Cost

    settings.CREDITS = True  # type: ignore[attr-defined]
    spec = registry.get(PRINT)
    before = spec.costs if spec else ()
    object.__setattr__(spec, "costs", (Cost(amount=9),))
    yield 9
    object.__setattr__(spec, "costs", before)


def decide(run: GraphExecution, answer: Answer) -> None:
    services.decide_reviews(user=run.user, answers=[answer])


def test_the_person_sees_the_whole_input(built: Built, drive: Driver) -> None:
    run = built.start()
    [review] = until_asked(drive, run)
    assert (review.payload, review.editable, review.sensitive) == ({"text": "hello"}, True, True)
    assert run.status == Status.REVIEW
    decide(run, Answer(review.node_execution_id, approved=True))
    assert drive(run).status == Status.COMPLETED
    assert values(built, run, "e") == ["hello"]


def test_the_action_runs_with_what_the_person_made_of_its_input(built: Built, drive: Driver) -> None:
    run = built.start()
    [review] = until_asked(drive, run)
    with pytest.raises(DecisionRefused, match="send an object"):
        decide(run, Answer(review.node_execution_id, approved=True, edited=True, data="bye"))
    decide(run, Answer(review.node_execution_id, approved=True, edited=True, data={"text": "bye"}))
    drive(run)
    assert values(built, run, "e") == ["bye"]


def test_a_rejected_action_fails_once_and_costs_nothing(built: Built, drive: Driver, priced: int) -> None:
    before = credits.services.balance(built.version.graph.owner_id)
    run = built.start()
    [review] = until_asked(drive, run)
    decide(run, Answer(review.node_execution_id, approved=False, message="not today"))
    drive(run)
    assert statuses(built, run, "p") == [Status.FAILED]
    assert "The action was rejected by the reviewer: not today" in values(built, run, "w")[0]
    assert (credits.services.balance(run.user_id), run.stats["cost"]) == (before, 0)


def test_an_approved_action_is_paid_once_when_it_runs(built: Built, drive: Driver, priced: int) -> None:
    before = credits.services.balance(built.version.graph.owner_id)
    run = built.start()
    [review] = until_asked(drive, run)
    assert credits.services.balance(run.user_id) == before
    decide(run, Answer(review.node_execution_id, approved=True))
    drive(run)
    assert (credits.services.balance(run.user_id), run.stats["cost"]) == (before - priced, priced)


def test_nobody_is_asked_twice_for_the_rest_of_the_run(build: Build, drive: Driver) -> None:
    built = build({"l": ("StepThroughItems", {"items": [1, 2]}), "p": PRINT}, "l.item -> p.text")
    graphs.set_safe_modes(build.user, built.version.graph_id, {"sensitive_action_safe_mode": True})
    built.version.refresh_from_db()
    run = built.start()
    while not Review.objects.of_run(run.pk).exists():
        drive.step()
    decide(run, Answer(Review.objects.of_run(run.pk).get().node_execution_id, approved=True, for_good=True))
    assert drive(run).status == Status.COMPLETED
    assert statuses(built, run, "p") == [Status.COMPLETED] * 2
    assert Review.objects.count() == 1


def test_otherwise_it_just_runs(build: Build, drive: Driver) -> None:
    built = build({"p": (PRINT, {"text": "hi"})})
    run = drive(built.start())
    assert (run.status, Review.objects.count()) == (Status.COMPLETED, 0)


def test_a_name_of_a_node_that_no_database_keeps_is_shown_without_what_is_wrong(build: Build, drive: Driver) -> None:
    built = build({"p": (PRINT, {"text": "x"})}, p={"customized_name": "say\0 it"})
    graphs.set_safe_modes(build.user, built.version.graph_id, {"sensitive_action_safe_mode": True})
    built.version.refresh_from_db()
    [review] = until_asked(drive, built.start())
    assert review.instructions == "May “say it” run with this input?"
