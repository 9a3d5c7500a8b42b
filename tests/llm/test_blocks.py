"""The blocks that ask language models, against a server that speaks their protocol."""

import dataclasses
from typing import Any

import pytest

from blocks import registry
from blocks.sdk import APIKey, Context, Tool
from blocks.sdk.cases import call
from tests.llm.model_server import failing, marked, speaking
from tests.outbound.servers import Answer

TOOLS = (
    Tool(
        "n1",
        "add",
        "Adds two numbers.",
        {"type": "object", "properties": {"a": {"type": "number"}, "b_1": {}}, "required": ["a"]},
        {"a": "a", "b_1": "b 1"},
    ),
    Tool("n2", "shout", "Shouts.", {"type": "object", "properties": {"text": {}}, "required": []}, {"text": "text"}),
)
COUNTS = "llm_call_count", "llm_retry_count", "input_token_count", "output_token_count"


class Usage(dict[str, int]):
    def add(self, more: Any) -> None:
        for name, number in more.items():
            self[name] = self.get(name, 0) + number

    @property
    def told(self) -> tuple[int, ...]:
        return tuple(self.get(name, 0) for name in COUNTS)


def run(name: str, usage: Usage | None = None, tools: tuple[Tool, ...] = (), **data: Any) -> list[tuple[str, Any]]:
    spec = next(spec for spec in registry.all_specs() if spec.name == f"{name}Block")
    context = dataclasses.replace(Context(), report=(usage if usage is not None else Usage()).add, tools=tools)
    emitted = call(spec, data, context, {"credentials": APIKey(api_key="mine")})
    assert [spec.output_problem(pin, value) for pin, value in emitted] == [None] * len(emitted)
    return emitted


def test_a_text_is_generated_and_counted() -> None:
    usage = Usage()
    with speaking("Hello Ada") as server:
        emitted = run(
            "AITextGenerator", usage, prompt="Greet {{ who }}", sys_prompt="Kind", prompt_values={"who": "Ada"}
        )
    sent = [{"role": "system", "content": "Kind"}, {"role": "user", "content": "Greet Ada"}]
    assert emitted == [("response", "Hello Ada"), ("prompt", sent)]
    (request,) = server.requests
    assert (request["model"], request["messages"], request["response_format"]) == ("gpt-5.2-2025-12-11", sent, None)
    assert request["max_completion_tokens"] == 128000
    assert server.headers[0]["authorization"] == "Bearer mine"
    assert usage.told == (1, 0, 11, 7)


def test_braces_are_no_template_without_values() -> None:
    with speaking("x") as server:
        run("AITextGenerator", prompt="{{ who }}", model="claude-3-haiku-20240307", max_tokens=5)
    assert server.requests[0]["messages"][0]["content"] == "{{ who }}"
    assert server.requests[0]["max_tokens"] == 5


@pytest.mark.parametrize("first", [failing(429), failing(500), failing(503)])
def test_a_provider_that_is_busy_is_asked_again(first: Answer) -> None:
    usage = Usage()
    with speaking(first, "later") as server:
        assert run("AITextGenerator", usage, prompt="x")[0] == ("response", "later")
    assert len(server.requests) == 2
    assert usage.told == (2, 1, 11, 7)


def test_it_is_asked_as_often_as_the_node_says() -> None:
    usage = Usage()
    told = r"gave no answer \(status 500\)"
    with speaking(failing(500, "broken")) as server, pytest.raises(ValueError, match=told):
        run("AITextGenerator", usage, prompt="x", retry=2)
    assert len(server.requests) == 2
    assert usage.told == (2, 1, 0, 0)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (failing(401, "wrong key"), "status 401.*wrong key"),
        (Answer(200, {"content-type": "application/json"}, b"{"), "gave no answer"),
        (Answer(200, {"content-type": "application/json"}, b"[]"), "gave no answer"),
        (Answer(200, {"content-type": "text/html"}, b"<html>"), "gave no answer"),
        (Answer(200, {"content-type": "application/json"}, b'{"choices": []}'), "no chat completion"),
    ],
)
def test_an_answer_that_is_none_fails_the_node(line: Answer, message: str) -> None:
    with speaking(line), pytest.raises(ValueError, match=message) as failure:
        run("AITextGenerator", prompt="x")
    assert "mine" not in str(failure.value)


def test_an_ollama_inside_the_network_has_to_be_allowed() -> None:
    with pytest.raises(ValueError, match="PETIOLE_OUTBOUND_ALLOW"):
        run("AITextGenerator", prompt="x", model="llama3.3", ollama_host="localhost:11434", retry=1)


FORMAT = {"name": "who", "age": "how old"}


def test_an_object_is_read_from_its_tag() -> None:
    with speaking(marked({"name": "Ada", "age": 36, "more": 1})) as server:
        emitted = run("AIStructuredResponseGenerator", prompt="Who?", expected_format=FORMAT)
    assert emitted[0] == ("response", {"name": "Ada", "age": 36, "more": 1})
    assert [message["role"] for message in server.requests[0]["messages"]] == ["system", "user"]


def test_what_is_wrong_is_said_to_the_model() -> None:
    usage = Usage()
    with speaking("no tag", marked({"name": "Ada"}), marked({"name": "Ada", "age": 36})) as server:
        emitted = run("AIStructuredResponseGenerator", usage, prompt="Who?", expected_format=FORMAT)
    assert emitted[0] == ("response", {"name": "Ada", "age": 36})
    assert "There is no JSON between" in server.requests[1]["messages"][-1]["content"]
    assert "The object lacks age." in server.requests[2]["messages"][-1]["content"]
    assert usage.told == (3, 2, 33, 21)


def test_the_last_complaint_fails_the_node() -> None:
    with speaking(marked([])) as server, pytest.raises(ValueError, match="It must be one object"):
        run("AIStructuredResponseGenerator", prompt="Who?", expected_format=FORMAT, retry=2)
    assert len(server.requests) == 2


def test_a_list_of_objects_may_be_pure_json() -> None:
    with speaking('Sure: {"results": [{"a": 1}, {"a": 2}]}') as server:
        emitted = run(
            "AIStructuredResponseGenerator",
            prompt="x",
            expected_format={"a": "b"},
            list_result=True,
            force_json_output=True,
        )
    assert emitted[0] == ("response", [{"a": 1}, {"a": 2}])
    assert server.requests[0]["response_format"] == {"type": "json_object"}


def test_an_answer_that_would_be_too_long_is_asked_for_shorter() -> None:
    too_long = failing(400, "This model's maximum context length is 10 tokens")
    with speaking(too_long, marked({"a": 1})) as server:
        run("AIStructuredResponseGenerator", prompt="x", expected_format={"a": "b"}, max_tokens=1000)
    assert [request["max_completion_tokens"] for request in server.requests] == [1000, 850]


def test_a_conversation_goes_on() -> None:
    history = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]
    with speaking("fine") as server:
        emitted = run("AIConversation", messages=history, prompt="how?")
    assert emitted[0] == ("response", "fine")
    assert server.requests[0]["messages"] == [*history, {"role": "user", "content": "how?"}]


def test_a_list_is_generated() -> None:
    with speaking(marked({"list": ["a", "b"]})):
        emitted = run("AIListGenerator", focus="letters")
    assert [pair for pair in emitted if pair[0] != "prompt"] == [
        ("generated_list", ["a", "b"]),
        ("list_item", "a"),
        ("list_item", "b"),
    ]


@pytest.mark.parametrize(
    ("said", "outputs"),
    [
        ("true", [("result", True), ("yes_output", 5)]),
        ("No.", [("result", False), ("no_output", "n")]),
        ("It is False", [("result", False), ("no_output", "n")]),
    ],
)
def test_a_condition_is_judged(said: str, outputs: list[tuple[str, Any]]) -> None:
    with speaking(said) as server:
        assert run("AICondition", input_value=5, condition="is odd", no_value="n") == outputs
    assert server.requests[0]["max_completion_tokens"] == 10


def test_a_verdict_that_is_none_fails_the_node() -> None:
    with speaking("true or false"), pytest.raises(ValueError, match="did not say true or false"):
        run("AICondition", input_value=5, condition="is odd")


def test_a_long_text_is_summarised_in_pieces() -> None:
    with speaking(marked({"summary": "s", "final_summary": "all"})) as server:
        emitted = run("AITextSummarizer", text="word " * 25, max_tokens=10, chunk_overlap=0)
    assert emitted[0] == ("summary", "all")
    assert len(server.requests) == 4


def test_a_prompt_that_is_too_long_loses_its_middle() -> None:
    with speaking("x") as server:
        run("AITextGenerator", prompt="begin " + "word " * 20_000 + "end", model="gpt-3.5-turbo")
    sent = server.requests[0]["messages"][0]["content"]
    assert sent.startswith("begin")
    assert sent.endswith("end")
    assert len(sent) < 50_000


def test_calls_become_values_for_the_linked_nodes() -> None:
    with speaking([("add", {"a": 1, "b_1": 2}), ("shout", {})]) as server:
        emitted = run("SmartDecisionMaker", tools=TOOLS, prompt="1 + 2?", multiple_tool_calls=True)
    assert emitted[1:4] == [("tools_^_n1_~_a", 1), ("tools_^_n1_~_b 1", 2), ("tools_^_n2_~_text", None)]
    name, conversation = emitted[4]
    assert (name, [message["role"] for message in conversation]) == ("conversations", ["system", "user", "assistant"])
    request = server.requests[0]
    assert [tool["function"]["name"] for tool in request["tools"]] == ["add", "shout"]
    assert request["parallel_tool_calls"] is True


def test_an_answer_without_a_call_finishes() -> None:
    with speaking("three"):
        emitted = run("SmartDecisionMaker", tools=TOOLS, prompt="1 + 2?")
    assert [pair for pair in emitted if pair[0] != "tool_functions"] == [("finished", "three")]


def test_a_call_that_does_not_fit_is_answered_with_what_is_wrong() -> None:
    lines = [("sub", {"a": 1})], [("add", "{")], [("add", {"c": 1})], [("add", {"a": 1})]
    with speaking(*lines) as server:
        emitted = run("SmartDecisionMaker", tools=TOOLS, prompt="x", retry=4)
    assert ("tools_^_n1_~_a", 1) in emitted
    complaints = [message["content"] for message in server.requests[3]["messages"] if message["role"] == "tool"]
    assert complaints[0].startswith("There is no function sub")
    assert complaints[1].startswith("The arguments of add are no JSON")
    assert complaints[2] == "add: unknown arguments: ['c']; missing arguments: ['a']."
    with speaking([("sub", {})]), pytest.raises(ValueError, match="called no node as it should"):
        run("SmartDecisionMaker", tools=TOOLS, prompt="x", retry=2)


def test_a_conversation_goes_on_with_the_answer_of_a_tool() -> None:
    with speaking([("add", {"a": 1}), ("shout", {})]):
        (_, said), *_ = reversed(run("SmartDecisionMaker", tools=TOOLS, prompt="x", multiple_tool_calls=True))
    half = run("SmartDecisionMaker", tools=TOOLS, prompt="x", conversation_history=said, last_tool_output={"sum": 3})
    assert [name for name, _ in half] == ["tool_functions", "conversations"]
    with speaking("done") as server:
        history = half[-1][1]
        emitted = run("SmartDecisionMaker", tools=TOOLS, prompt="x", conversation_history=history, last_tool_output="!")
    assert emitted[-1] == ("finished", "done")
    roles = [message["role"] for message in server.requests[0]["messages"]]
    assert roles == ["system", "user", "assistant", "tool", "tool"]
