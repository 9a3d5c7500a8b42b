"""A model that decides step by step: each call is an execution of its node, and its answer comes back by a link."""

import pytest

from accounts.models import User
from executions import detail
from executions.states import Status
from graphs.errors import GraphValidationError
from tests.executions.deciders import BACK, DECIDES, asked, decider
from tests.executions.driver import Driver, Order, newest, oldest
from tests.executions.runs import statuses
from tests.graphs_for_tests import Build
from tests.llm.model_server import speaking

CALLS = [("look_up", {"x": "tea"})], [("ask", {"q": "mint"})]


@pytest.mark.parametrize("order", [oldest, newest])
def test_a_conversation_goes_round_until_it_is_finished(drive: Driver, build: Build, user: User, order: Order) -> None:
    built = decider(build, *BACK)
    with speaking(*CALLS, "Tea with mint.") as model:
        run = drive(asked(built, user), order=order)
    assert (run.status, detail.outputs(run)) == (Status.COMPLETED, {"answer": ["Tea with mint."]})
    assert statuses(built, run, "d") == ["COMPLETED"] * 3
    roles = [message["role"] for message in model.requests[2]["messages"]]
    assert roles == ["system", "user", "assistant", "tool", "assistant", "tool"]
    assert model.requests[2]["messages"][-1]["content"] == "mint"
    assert detail.unmet_inputs(run) == []


def test_answers_of_calls_that_were_made_together_come_one_by_one(drive: Driver, build: Build, user: User) -> None:
    built = decider(build, *BACK, multiple_tool_calls=True)
    with speaking([*CALLS[0], *CALLS[1]], "Both.") as model:
        run = drive(asked(built, user))
    assert detail.outputs(run) == {"answer": ["Both."]}
    said = model.requests[1]["messages"]
    assert [(message["tool_call_id"], message["content"]) for message in said[-2:]] == [
        ("call0", "tea"),
        ("call1", "mint"),
    ]


def test_an_answer_that_never_comes_is_reported(drive: Driver, build: Build, user: User) -> None:
    built = decider(build, *BACK, tool="EmptyRt")
    with speaking(CALLS[0]):
        run = drive(asked(built, user))
    assert run.status == Status.COMPLETED
    [unmet] = detail.unmet_inputs(run)
    assert "last_tool_output" in unmet["missing"]
    assert "conversation_history" not in unmet["missing"]


def test_an_agent_of_the_old_form_calls_another_by_its_name(drive: Driver, build: Build, user: User) -> None:
    """Its links name the tool and the argument, its prompt takes a value that stays."""
    names = {"i": ("AgentInput", {"name": "Question"}), "o": ("AgentOutput", {"name": "Answer"})}
    search = build(names, "i.result -> o.value", name="Web Search")
    nodes = {
        "q": ("AgentShortTextInput", {"name": "question"}),
        "v": "StoreValue",
        "d": (DECIDES, {"model": "gpt-4o", "prompt": "About {{ it }}"}),
        "a": build.executor(search),
        "f": ("AgentOutput", {"name": "answer"}),
    }
    loop = "a.Answer -> d.last_tool_output", "d.conversations -> d.conversation_history", "d.finished -> f.value"
    built = build(nodes, "q.result -> v.input", "v.output -> d.prompt_values_#_it",
        "d.tools_^_web_search_~_question -> a.Question", *loop)  # fmt: skip
    calls = [[("web_search", {"question": text})] for text in ("Who?", "Sure?")]
    with speaking(*calls, "Ada.") as model:
        run = drive(asked(built, user))
    assert (run.status, detail.outputs(run)) == (Status.COMPLETED, {"answer": ["Ada."]})
    assert [message["content"] for message in model.requests[2]["messages"][1:]] == [
        "[Task] About What is it?", "", "Who?", "", "Sure?",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("links", "field", "message"),
    [
        (BACK[:1], "conversation_history", "Link last_tool_output too"),
        (BACK[1:], "last_tool_output", "Link conversation_history too"),
        ((BACK[0], "q.result => d.last_tool_output"), "last_tool_output", "A static link repeats its value"),
    ],
)
def test_a_loop_that_cannot_go_round_is_refused(
    build: Build, user: User, links: tuple[str, ...], field: str, message: str
) -> None:
    built = decider(build, *links)
    with pytest.raises(GraphValidationError) as refused:
        asked(built, user)
    assert refused.value.detail["node_errors"][str(built.ids["d"])][field].startswith(message)
