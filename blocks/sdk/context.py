"""What a running block is told about its surroundings, and how it asks to be called again later."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from blocks.sdk.agents import Agents
from blocks.sdk.memory import Memory


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided about what a `Review` showed; `data` is that, as far as it was not edited."""

    approved: bool
    data: Any = None
    message: str | None = None


def _unheard(_usage: Mapping[str, int]) -> None:
    """Nobody counts."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A node that a block may call: `pins` says which pin of it each argument goes to; `parameters` is a schema."""

    node_id: str
    name: str
    description: str
    parameters: Mapping[str, Any]
    pins: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """How a called node ended. `outputs`: output pin → everything that was put out there, in its order; `error`: why it
    failed, None when it did not; `left_out`: how many values were too many, or too large together."""

    outputs: Mapping[str, Sequence[Any]]
    error: str | None = None
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Context:
    """The run, node and user on whose behalf a block is called. All of it has defaults: tests write `Context()`."""

    user_id: str = ""
    graph_id: str = ""
    graph_version: int = 1
    graph_exec_id: str = ""
    node_id: str = ""
    node_exec_id: str = ""
    root_execution_id: str = ""
    parent_execution_id: str | None = None
    user_timezone: str = "UTC"
    human_in_the_loop_safe_mode: bool = True
    sensitive_action_safe_mode: bool = False
    attempt: int = 1
    idempotency_key: str = ""
    # what the block handed to its last Wait; empty at the first call
    state: Mapping[str, Any] = field(default_factory=dict)
    nodes_input_masks: Mapping[str, Any] = field(default_factory=dict)
    # true once somebody asked the run to stop: long loops look at it and return
    cancelled: Callable[[], bool] = _never
    # the run's private folder; None where files are not offered
    files: Path | None = None
    # what is kept for later runs; None where there is none
    memory: Memory | None = None
    # the user's agents and those of the store; None where there are none
    agents: Agents | None = None
    # the answer to the block's last Review; None until there is one
    decision: Decision | None = None
    # adds to the statistics of the node execution: llm_call_count, input_token_count …
    report: Callable[[Mapping[str, int]], None] = _unheard
    # the nodes that are linked from the pin `tools`
    tools: Sequence[Tool] = ()
    # how the nodes of the block's last Calls ended, in their order; empty until there were any
    answers: Sequence[Answer] = ()


@dataclass(frozen=True, slots=True)
class Wait:
    """Yielded as the last thing of a call: suspend the node and call `run` again at `until`, with `state`."""

    until: datetime
    state: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.until.tzinfo is None:
            raise ValueError("Wait needs a time with a time zone")


@dataclass(frozen=True, slots=True)
class Review:
    """Yielded as the last thing of a call: suspend the node until a person has looked at `data`, then call `run` again
    with `context.decision`. `name` says what it is about; `editable`: the person may change the data; `state` is
    handed to the next call like that of a Wait."""

    data: Any
    name: str = ""
    editable: bool = True
    state: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """One execution of a node that is linked from `tools`: the `node_id` of the Tool, and pin → value. A linked pin
    without a value, or with None, keeps the node's constant."""

    node_id: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Calls:
    """Yielded as the last thing of a call by a block of type AI: run these nodes, suspend until the last of them has
    ended, then call `run` again with `context.answers`. What they put out goes to the block alone; `state` is handed
    to the next call like that of a Wait."""

    calls: Sequence[Call]
    state: Mapping[str, Any] = field(default_factory=dict)
