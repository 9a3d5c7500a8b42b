"""A node that asks a person: everything else goes on, and the answer is acted upon once."""

import pytest

from executions import services
from executions.engine.reviewing import Answer
from executions.errors import DecisionRefused, NotReviewable
from executions.models import GraphExecution, NodeExecution, Review
from executions.states import Status, Verdict
from executions.waiting import Kind, waiting_for
from graphs import services as graphs
from notifications.models import Notice
from tests.executions.driver import Driver
from tests.executions.reviews.asking import ASK, gated, in_review, until_asked
from tests.executions.runs import statuses, values
from tests.graphs_for_tests import Build


def decide(run: GraphExecution, *answers: Answer) -> None:
    services.decide_reviews(user=run.user, answers=list(answers))


def test_the_run_waits_for_the_person_when_all_else_is_done(build: Build, drive: Driver) -> None:
    built = gated(build)
    run = built.start()
    [review] = until_asked(drive, run)
    assert (review.payload, review.instructions, review.editable) == ({"a": 1}, "look at it", True)
    assert run.status == Status.REVIEW
    assert values(built, run, "other") == ["free"]
    [one] = built.of(run, "h")
    assert (one.status, one.holder, one.claim_token, one.outputs.count()) == (Status.REVIEW, None, None, 0)
    [reason] = waiting_for(run)
    assert reason.kind is Kind.REVIEW
    [notice] = Notice.objects.filter(user=run.user, kind="REVIEW_REQUESTED")
    assert notice.data["instructions"] == "look at it"


def test_an_approval_lets_the_data_pass(build: Build, drive: Driver) -> None:
    built = gated(build)
    run = built.start()
    [review] = until_asked(drive, run)
    decide(run, Answer(review.node_execution_id, approved=True, message="fine"))
    assert drive(run).status == Status.COMPLETED
    assert (values(built, run, "yes"), values(built, run, "no"), values(built, run, "said")) == (
        [{"a": 1}],
        [],
        ["fine"],
    )
    assert run.stats["node_exec_count"] == 4


def test_what_the_person_made_of_the_data_is_what_passes(build: Build, drive: Driver) -> None:
    built = gated(build)
    run = built.start()
    [review] = until_asked(drive, run)
    decide(run, Answer(review.node_execution_id, approved=True, edited=True, data=[2]))
    drive(run)
    assert (values(built, run, "yes"), values(built, run, "said")) == ([[2]], [])


@pytest.mark.parametrize(("name", "told"), [("a\0b", "U+0000"), ("a\ud800b", "half of a surrogate pair")])
def test_a_name_that_no_database_keeps_fails_the_node_with_a_sentence(
    build: Build, drive: Driver, name: str, told: str
) -> None:
    built = build({"h": (ASK, {"data": 1})})
    run = drive(built.start(masks={"h": {"name": name}}))
    [one] = built.of(run, "h")
    assert (one.status, one.mishaps, Review.objects.count()) == (Status.FAILED, 0, 0)
    assert told in one.stats["error"]


def test_a_rejection_is_a_branch_and_no_error(build: Build, drive: Driver) -> None:
    built = gated(build)
    run = built.start()
    [review] = until_asked(drive, run)
    decide(run, Answer(review.node_execution_id, approved=False))
    assert drive(run).status == Status.COMPLETED
    assert (values(built, run, "no"), run.stats["node_error_count"]) == ([{"a": 1}], 0)


def test_without_safe_mode_nobody_is_asked(build: Build, drive: Driver) -> None:
    built = gated(build)
    graphs.set_safe_modes(build.user, built.version.graph_id, {"human_in_the_loop_safe_mode": False})
    built.version.refresh_from_db()
    run = drive(built.start())
    assert (run.status, values(built, run, "yes")) == (Status.COMPLETED, [{"a": 1}])
    assert not Review.objects.exists()


def test_a_decision_is_accepted_while_the_run_goes_on(build: Build, drive: Driver) -> None:
    built = build(
        {"a": ("Echo", {"x": 1}), "h": (ASK, {"name": "n"}), "t": ("CountdownTimer", {"seconds": 1})}, "a.out -> h.data"
    )
    run = built.start()
    [review] = until_asked(drive, run)
    assert run.status == Status.RUNNING
    decide(run, Answer(review.node_execution_id, approved=True))
    assert drive(run).status == Status.COMPLETED


def test_the_same_decision_again_changes_nothing(build: Build, drive: Driver) -> None:
    built = gated(build)
    run = built.start()
    [review] = until_asked(drive, run)
    answer = Answer(review.node_execution_id, approved=True)
    decide(run, answer)
    decide(run, answer)
    drive(run)
    decide(run, answer)
    assert len(values(built, run, "yes")) == 1
    assert built.of(run, "h")[0].dispatch == 2
    with pytest.raises(DecisionRefused, match="APPROVED already"):
        decide(run, Answer(review.node_execution_id, approved=False))


def test_what_may_not_be_edited_is_not(build: Build, drive: Driver) -> None:
    run = gated(build, editable=False).start()
    [review] = until_asked(drive, run)
    with pytest.raises(DecisionRefused, match="may not be edited"):
        decide(run, Answer(review.node_execution_id, approved=True, edited=True, data=5))
    assert in_review(run) == 1
    decide(run, Answer(review.node_execution_id, approved=True, edited=True, data={"a": 1}))


def test_two_people_of_whom_one_waits_keep_the_run_in_review(build: Build, drive: Driver) -> None:
    built = build({"h": (ASK, {"name": "1", "data": 1}), "i": (ASK, {"name": "2", "data": 2})})
    run = built.start()
    first, second = until_asked(drive, run)
    decide(run, Answer(first.node_execution_id, approved=True))
    run.refresh_from_db()
    assert run.status == Status.RUNNING
    until_asked(drive, run)
    assert run.status == Status.REVIEW
    decide(run, Answer(second.node_execution_id, approved=True))
    assert drive(run).status == Status.COMPLETED


def test_a_standing_approval_holds_for_the_rest_of_the_run(build: Build, drive: Driver) -> None:
    built = build(
        {"l": ("StepThroughItems", {"items": [1, 2, 3]}), "h": (ASK, {"name": "n"}), "e": "Echo"},
        "l.item -> h.data",
        "h.approved_data -> e.x",
    )
    run = built.start()
    while not Review.objects.of_run(run.pk).exists():
        drive.step()
    review = Review.objects.of_run(run.pk).get()
    decide(run, Answer(review.node_execution_id, approved=True, for_good=True))
    assert drive(run).status == Status.COMPLETED
    assert sorted(values(built, run, "e")) == [1, 2, 3]
    assert Review.objects.of_run(run.pk).count() == 1


def test_a_stop_rejects_what_waits(build: Build, drive: Driver) -> None:
    built = gated(build)
    run = built.start()
    [review] = until_asked(drive, run)
    assert services.stop_run(run).status == Status.TERMINATED
    review.refresh_from_db()
    assert (review.status, statuses(built, run, "h")) == (Verdict.REJECTED, [Status.TERMINATED])
    with pytest.raises(DecisionRefused):
        decide(run, Answer(review.node_execution_id, approved=True))


def test_a_decision_after_the_stop_was_asked_for_is_refused(build: Build, drive: Driver) -> None:
    run = gated(build).start()
    [review] = until_asked(drive, run)
    GraphExecution.objects.filter(pk=run.pk).update(stop_requested_at=run.created_at)
    with pytest.raises(NotReviewable, match="being stopped"):
        decide(run, Answer(review.node_execution_id, approved=True))


def test_a_stopped_run_that_is_retried_asks_again(build: Build, drive: Driver) -> None:
    built = gated(build)
    run = built.start()
    until_asked(drive, run)
    services.stop_run(run)
    services.retry_run(run)
    [review] = until_asked(drive, run)
    assert (review.number, run.status) == (1, Status.REVIEW)
    decide(run, Answer(review.node_execution_id, approved=True))
    assert drive(run).status == Status.COMPLETED
    assert len(values(built, run, "yes")) == 1


def test_a_run_below_waits_without_a_worker_and_is_stopped_with_the_one_above(build: Build, drive: Driver) -> None:
    names = {"i": ("AgentInput", {"name": "q"}), "o": ("AgentOutput", {"name": "ans"})}
    inner = build(names | {"h": (ASK, {"name": "n"})}, "i.result -> h.data", "h.approved_data -> o.value")
    built = build({"s": build.executor(inner, q="deep"), "e": "Echo"}, "s.ans -> e.x")
    for answer in (True, None):
        run = built.start()
        until_asked(drive, run)
        child = GraphExecution.objects.get(parent=run)
        assert (run.status, child.status) == (Status.RUNNING, Status.REVIEW)
        assert not NodeExecution.objects.filter(run__root=run).exclude(holder=None).exists()
        [reason] = waiting_for(run)
        assert "person to decide" in reason.detail
        if answer:
            decide(child, Answer(Review.objects.of_run(child.pk).get().node_execution_id, approved=True))
            assert (drive(run).status, values(built, run, "e")) == (Status.COMPLETED, ["deep"])
        else:
            assert services.stop_run(run).status == Status.TERMINATED
            assert Review.objects.of_run(child.pk).get().status == Verdict.REJECTED


def test_a_decision_in_a_paused_run_is_acted_upon_when_it_goes_on(build: Build, drive: Driver) -> None:
    built = gated(build)
    run = built.start()
    [review] = until_asked(drive, run)
    services.pause_run(run)
    drive.messages.clear()
    decide(run, Answer(review.node_execution_id, approved=True))
    assert not drive.messages
    services.resume_run(run)
    assert drive(run).status == Status.COMPLETED


def test_a_decision_whose_messages_are_lost_is_found_by_the_sweep(build: Build, drive: Driver) -> None:
    built = gated(build)
    run = built.start()
    [review] = until_asked(drive, run)
    drive.loses = lambda message: message.name == "run_node" and message.id == review.node_execution_id
    decide(run, Answer(review.node_execution_id, approved=True))
    assert not drive.messages
    drive.loses = lambda message: False
    assert drive(run).status == Status.COMPLETED


def test_masks_of_the_run_hold_after_the_decision(build: Build, drive: Driver) -> None:
    built = gated(build)
    run = built.start(masks={"yes": {"x": "masked"}})
    [review] = until_asked(drive, run)
    decide(run, Answer(review.node_execution_id, approved=True))
    drive(run)
    assert values(built, run, "yes") == ["masked"]
