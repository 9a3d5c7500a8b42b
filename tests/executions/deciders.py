"""Agents in which a language model decides which nodes are called, for tests."""

from typing import Any

from accounts.models import User
from credentials import services as credentials
from executions.models import GraphExecution
from tests.graphs_for_tests import Build, Built

DECIDES = "3b191d9f-356f-482d-8238-ba04b6d18381"
BACK = ("d.conversations -> d.conversation_history", "t.out -> d.last_tool_output", "a.ans -> d.last_tool_output")
NAMED: dict[str, Any] = {"t": {"customized_name": "Look up"}}


def decider(
    build: Build, *links: str, tool: Any = "Paid", below: Any = "Paid", attempts: int = 1, **constants: Any
) -> Built:
    """A question, a model that may call `look_up` (one node) and `ask` (an agent), and its answer."""
    names = {"i": ("AgentInput", {"name": "q"}), "o": ("AgentOutput", {"name": "ans"})}
    asked = build(names | {"p": below}, "i.result -> p.x", "p.out -> o.value", name="Ask")
    nodes = {
        "q": ("AgentShortTextInput", {"name": "question"}),
        "d": (DECIDES, {"model": "gpt-4o"} | constants),
        "t": tool,
        "a": build.executor(asked),
        "f": ("AgentOutput", {"name": "answer"}),
    }
    fixed = ("q.result => d.prompt", "d.tools -> t.x", "d.tools -> a.q", "d.finished -> f.value")
    return build(nodes, *fixed, *links, **NAMED, d={"retry": {"attempts": attempts, "delay_seconds": 0}})


def key_of(user: User) -> dict[str, Any]:
    """The credentials inputs with which Ada brings her own key: the model costs her nothing here."""
    key = credentials.create(user.pk, provider="openai", type="api_key", values={"api_key": "sk-of-ada"})
    return {"openai_api_key_credentials": {"id": key.id, "provider": key.provider, "type": key.type}}


def asked(built: Built, user: User, **more: Any) -> GraphExecution:
    return built.start(user, inputs={"question": "What is it?"}, credentials_inputs=key_of(user), **more)
