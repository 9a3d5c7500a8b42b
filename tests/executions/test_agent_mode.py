"""A model that calls nodes itself: each call is an execution like any other, and its answer is for the model alone."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

import credits.services
from accounts.models import User
from credits import audit
from executions import detail, services
from executions.engine import takeback
from executions.engine.reviewing import Answer
from executions.models import GraphExecution, NodeExecution
from executions.states import Status
from tests.executions.deciders import BACK, DECIDES, NAMED, asked, decider
from tests.executions.driver import Driver, Message, Order, never, newest, oldest
from tests.executions.runs import statuses, taken, values
from tests.graphs_for_tests import Build, Built
from tests.llm.model_server import failing, speaking

LOOK, ASK = ("look_up", {"x": "tea"}), ("ask", {"q": "mint"})
PRICE = 10  # of the block Paid
REVIEWED = "f1000000-0000-4000-8000-000000000009"


def answers(request: dict[str, Any]) -> list[Any]:
    """What the called nodes have answered so far, as the model is told."""
    return [json.loads(message["content"]) for message in request["messages"] if message["role"] == "tool"]


def the_first_time() -> Callable[[Message], bool]:
    """A message is lost when it is sent for the first time."""
    seen: set[Message] = set()

    def loses(message: Message) -> bool:
        new = message not in seen
        seen.add(message)
        return new

    return loses


def until_it_waits(drive: Driver, built: Built, run: GraphExecution) -> None:
    """The decision has called, and nothing that it has called has begun."""
    while [one.waits_for for one in built.of(run, "d")] != ["calls"]:
        drive.step()


@pytest.mark.parametrize("order", [oldest, newest])
def test_the_model_calls_nodes_and_hears_their_answers(drive: Driver, build: Build, user: User, order: Order) -> None:
    built = decider(build, agent_mode_max_iterations=5)
    purse = credits.services.balance(user.pk)
    with speaking([LOOK, ASK], [LOOK], "Tea with mint.") as model:
        run = drive(asked(built, user), order=order)
    assert (run.status, detail.outputs(run)) == (Status.COMPLETED, {"answer": ["Tea with mint."]})
    assert answers(model.requests[2]) == [{"out": ["tea"]}, {"ans": ["mint"]}, {"out": ["tea"]}]
    assert [statuses(built, run, key) for key in "dta"] == [["COMPLETED"], ["COMPLETED"] * 2, ["COMPLETED"]]
    assert [len(said) for said in values(built, run, "d", "conversations")] == [5, 7, 8]
    # three times a price: two here, one in the run below
    assert (run.stats["cost"], purse - credits.services.balance(user.pk)) == (3 * PRICE, 3 * PRICE)
    assert list(audit.differences()) == []


@pytest.mark.parametrize(("copies", "loses"), [(3, never), (1, the_first_time())])
def test_messages_may_come_again_or_late(
    drive: Driver, build: Build, user: User, copies: int, loses: Callable[[Message], bool]
) -> None:
    drive.copies, drive.loses = copies, loses
    built = decider(build, agent_mode_max_iterations=5)
    with speaking([LOOK, ASK], [LOOK], "Tea with mint.") as model:
        run = drive(asked(built, user))
    assert (run.status, detail.outputs(run)) == (Status.COMPLETED, {"answer": ["Tea with mint."]})
    assert (len(model.requests), run.stats["cost"]) == (3, 3 * PRICE)
    assert [len(built.of(run, key)) for key in "dta"] == [1, 2, 1]


def test_what_a_called_node_puts_out_goes_along_no_link(drive: Driver, build: Build, user: User) -> None:
    built = decider(build, *BACK, "t.out -> f.value", agent_mode_max_iterations=-1)
    with speaking([LOOK], "Tea."):
        run = drive(asked(built, user))
    assert detail.outputs(run) == {"answer": ["Tea."]}
    assert statuses(built, run, "d") == ["COMPLETED", "INCOMPLETE", "INCOMPLETE"]


def test_a_call_is_shown_with_its_caller(drive: Driver, build: Build, user: User) -> None:
    built = decider(build, agent_mode_max_iterations=2)
    with speaking([LOOK], "Tea."):
        run = drive(asked(built, user))
    [decision], [called] = built.of(run, "d"), built.of(run, "t")
    shown = {one["node_exec_id"]: one for one in detail.detail(run)["node_executions"]}
    assert shown[str(called.pk)]["caller"] == str(decision.pk)
    assert shown[str(called.pk)]["input_data"] == {"x": "tea"}
    assert shown[str(decision.pk)]["stats"]["llm_call_count"] == 2


def test_a_tool_that_fails_is_told_to_the_model(drive: Driver, build: Build, user: User) -> None:
    built = decider(build, tool="Val", below="EmptyRt", agent_mode_max_iterations=5)
    with speaking([LOOK, ASK], "I could not.") as model:
        run = drive(asked(built, user))
    assert (run.status, detail.outputs(run)) == (Status.COMPLETED, {"answer": ["I could not."]})
    looked, ask = answers(model.requests[1])
    assert looked["out"] == ["before"]
    assert "bad value" in looked["error"]
    assert ask == {}  # the agent has completed, and put nothing out
    assert run.stats["node_error_count"] == 1


def test_a_call_that_the_node_cannot_take_is_answered_at_once(drive: Driver, build: Build, user: User) -> None:
    built = decider(build, tool="Int", agent_mode_max_iterations=5)
    with speaking([("look_up", {"x": True})], [("look_up", {"x": 7})], "Seven.") as model:
        run = drive(asked(built, user))
    wrong, right = answers(model.requests[2])
    assert "input data mismatch: x" in wrong["error"]
    assert right == {"out": [7]}
    assert statuses(built, run, "t") == ["FAILED", "COMPLETED"]


def paired(build: Build, tool: Any, *links: str) -> Built:
    """A tool with two pins, of which one is the model's."""
    nodes = {
        "q": ("AgentShortTextInput", {"name": "question"}),
        "d": (DECIDES, {"model": "gpt-4o", "agent_mode_max_iterations": 5}),
        "e": "Echo",
        "t": tool,
    }
    return build(nodes, "q.result => d.prompt", "q.result => e.x", "d.tools -> t.a", *links, t=NAMED["t"])


FIRST, SECOND = [("look_up", {"a": 1})], [("look_up", {"a": 2})]


def test_a_static_value_goes_with_every_call(drive: Driver, build: Build, user: User) -> None:
    built = paired(build, "Pair", "q.result => t.b")
    with speaking(FIRST, SECOND, "Done.") as model:
        run = drive(asked(built, user))
    assert answers(model.requests[2]) == [{"out": [[1, "What is it?"]]}, {"out": [[2, "What is it?"]]}]
    assert statuses(built, run, "t") == ["COMPLETED"] * 2


def test_a_value_that_is_not_static_goes_with_one_call(drive: Driver, build: Build, user: User) -> None:
    built = paired(build, "Pair", "e.out -> t.b")
    with speaking(FIRST, SECOND, "Done.") as model:
        run = asked(built, user)
        while statuses(built, run, "t") != ["INCOMPLETE"]:
            drive.step(newest)
        drive(run)
    one, other = answers(model.requests[2])
    assert one == {"out": [[1, "What is it?"]]}
    assert "no value has arrived for: b" in other["error"]
    assert statuses(built, run, "t") == ["COMPLETED", "FAILED"]


@pytest.mark.parametrize(("constants", "out"), [({}, [1, None]), ({"b": 5}, [1, 5])])
def test_an_argument_that_is_left_out_keeps_the_constant(
    drive: Driver, build: Build, user: User, constants: dict[str, Any], out: list[Any]
) -> None:
    built = paired(build, ("PairO", constants), "d.tools -> t.b")
    with speaking(FIRST, "Done.") as model:
        drive(asked(built, user))
    assert answers(model.requests[1]) == [{"out": [out]}]


@pytest.mark.parametrize("most", [1, 2])
def test_the_last_round_is_announced_and_the_limit_told(drive: Driver, build: Build, user: User, most: int) -> None:
    built = decider(build, agent_mode_max_iterations=most)
    with speaking([LOOK]) as model:
        run = drive(asked(built, user))
    assert detail.outputs(run) == {"answer": [f"No final answer within {most} rounds (agent_mode_max_iterations)."]}
    assert len(model.requests) == len(built.of(run, "t")) == most
    assert ["last round" in str(request["messages"][-1]) for request in model.requests] == [False] * (most - 1) + [True]
    said = values(built, run, "d", "conversations")[-1]
    assert "last round" not in str(said)
    assert said[-1]["role"] == "tool"


@pytest.mark.parametrize("tool", ["Echo", "Int"])
def test_rounds_without_a_limit_end_with_the_executions_of_a_run(
    drive: Driver, build: Build, user: User, settings: Settings, tool: str
) -> None:
    """Calls that no node can take count too."""
    settings.MAX_NODE_EXECUTIONS = 20
    built = decider(build, tool=tool, agent_mode_max_iterations=-1)
    with speaking([("look_up", {"x": True})]):
        run = drive(asked(built, user))
    assert run.status == Status.FAILED
    assert "at most 20 are allowed" in run.stats["error"]
    assert len(built.of(run, "t")) < 30


def test_a_budget_ends_a_run_whose_calls_cost_more(drive: Driver, build: Build, user: User) -> None:
    built = decider(build, agent_mode_max_iterations=-1)
    with speaking([LOOK]):
        run = drive(asked(built, user, max_cost=3 * PRICE))
    assert (run.status, run.stats["cost"]) == (Status.FAILED, 3 * PRICE)
    assert list(audit.differences()) == []


def test_another_attempt_goes_on_with_the_conversation(drive: Driver, build: Build, user: User) -> None:
    """The provider was away in the second round: what had been called is not called again."""
    built = decider(build, attempts=2, agent_mode_max_iterations=5, retry=1)
    with speaking([LOOK], failing(401), "Tea.") as model:
        run = drive(asked(built, user))
    assert detail.outputs(run) == {"answer": ["Tea."]}
    assert answers(model.requests[2]) == [{"out": ["tea"]}]
    assert statuses(built, run, "t") == ["COMPLETED"]


@pytest.mark.parametrize("order", [oldest, newest])
def test_a_retry_goes_on_where_a_stop_met_the_called_nodes(
    drive: Driver, build: Build, user: User, order: Order
) -> None:
    built = decider(build, agent_mode_max_iterations=5)
    with speaking([LOOK, ASK], "Both.") as model:
        run = asked(built, user)
        until_it_waits(drive, built, run)
        services.stop_run(run)
        assert [statuses(built, run, key) for key in "dta"] == [["TERMINATED"]] * 3
        services.retry_run(run)
        drive(run, order=order)
    assert (run.status, detail.outputs(run)) == (Status.COMPLETED, {"answer": ["Both."]})
    assert answers(model.requests[1]) == [{"out": ["tea"]}, {"ans": ["mint"]}]
    assert run.stats["cost"] == 2 * PRICE
    assert list(audit.differences()) == []


def test_a_retry_leaves_calls_alone_that_were_answered(drive: Driver, build: Build, user: User) -> None:
    built = decider(build, tool="Val", agent_mode_max_iterations=5)
    with speaking([LOOK], [ASK], "Done."):
        run = asked(built, user)
        while not built.of(run, "a"):
            drive.step()
        services.stop_run(run)
        services.retry_run(run)
        drive(run)
    assert run.status == Status.COMPLETED
    assert [one.attempt for one in built.of(run, "t")] == [1]


def test_a_person_may_be_asked_before_a_called_node_answers(drive: Driver, build: Build, user: User) -> None:
    built = decider(build, tool=REVIEWED, agent_mode_max_iterations=5)
    with speaking([LOOK], "Approved.") as model:
        run = asked(built, user)
        while statuses(built, run, "t") != ["REVIEW"]:
            drive.step()
        [called] = built.of(run, "t")
        services.decide_reviews(user=user, answers=[Answer(called.pk, approved=True)])
        drive(run)
    assert detail.outputs(run) == {"answer": ["Approved."]}
    assert answers(model.requests[1]) == [{"out": ["asks", [True, "tea"]]}]


def test_a_called_node_whose_attempts_are_lost_is_an_answer_too(
    drive: Driver, build: Build, user: User, settings: Settings
) -> None:
    settings.MAX_ATTEMPTS = 1
    built = decider(build, agent_mode_max_iterations=5)
    with speaking([LOOK], "Lost.") as model:
        run = asked(built, user)
        until_it_waits(drive, built, run)
        [called] = built.of(run, "t")
        taken(called)
        takeback.take_back(NodeExecution.objects.filter(pk=called.pk), "its process was killed")
        drive(run)
    assert (run.status, detail.outputs(run)) == (Status.COMPLETED, {"answer": ["Lost."]})
    assert "Its attempts were lost" in answers(model.requests[1])[0]["error"]


def test_a_run_says_that_it_waits_for_called_nodes(drive: Driver, build: Build, user: User) -> None:
    built = decider(build, agent_mode_max_iterations=5)
    with speaking([LOOK], "Tea."):
        run = asked(built, user)
        until_it_waits(drive, built, run)
        run.refresh_from_db()
        told = {one["kind"]: one["detail"] for one in detail.detail(run)["waiting_for"]}
        assert told["calls"] == "“Smart Decision Maker” waits for the nodes that it has called."
        drive(run)
