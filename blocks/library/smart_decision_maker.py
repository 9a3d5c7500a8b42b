"""Lets a language model decide which nodes to call."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from blocks.llm.client import Reply, Talk, ToolCall
from blocks.llm.conversation import pending, with_answer
from blocks.llm.models import DEFAULT, ModelName, model, model_credentials
from blocks.llm.prompts import MARK, Message, is_opening, messages_of
from blocks.sdk import (
    APIKey,
    AsyncEmissions,
    Block,
    BlockInput,
    BlockOutput,
    BlockType,
    Case,
    Category,
    Context,
    CredentialsReference,
    Effect,
    Field,
    Tool,
    Workload,
)

SYSTEM = (
    "You work on the task by calling the functions that you are given. Call a function only with values that you know "
    "or that the task contains; never invent one. When the task is done, or no function helps, answer in plain words."
)


class SmartDecisionMakerBlock(Block):
    """Asks a language model, which calls the nodes that are linked from the pin `tools`, or answers."""

    id = "3b191d9f-356f-482d-8238-ba04b6d18381"
    block_type = BlockType.AI
    categories = (Category.AI,)
    workload = Workload.IO
    effect = Effect.IDEMPOTENT
    late_pins = frozenset({"conversation_history", "last_tool_output"})
    cases = (
        Case({"prompt": "hi"}, raises="no node is linked from the pin tools"),
        Case({"prompt": "hi", "agent_mode_max_iterations": 3}, raises="agent_mode_max_iterations must be 0"),
    )

    class Input(BlockInput):
        prompt: str = Field(description="The task.")
        model: ModelName = Field(DEFAULT, advanced=False, description="The language model.")
        credentials: CredentialsReference = model_credentials()
        multiple_tool_calls: bool = Field(default=False, description="Whether it may call several nodes at once.")
        sys_prompt: str = Field(SYSTEM, description="What the model is told beforehand.")
        conversation_history: list[dict[str, Any]] | None = Field([], description="What was said: `conversations`.")
        last_tool_output: Any = Field(None, description="What the node that was called last has answered.")
        retry: int = Field(3, description="How often it is asked until its calls fit.")
        prompt_values: dict[str, str] = Field({}, advanced=False, description="Values for both prompts.")
        max_tokens: int | None = Field(None, description="The most tokens of the answer.")
        ollama_host: str = Field("localhost:11434", description="Where Ollama runs, for its models.")
        agent_mode_max_iterations: int = Field(0, description="0: one call for each execution of the node.")
        conversation_compaction: bool = Field(default=True, description="Shorten a conversation that is too long.")

    class Output(BlockOutput):
        tools: Any = Field(description="What the called nodes get.")
        finished: str = Field(description="The answer, when it calls no node.")
        conversations: list[Any] = Field(description="What was said so far.")

    @classmethod
    def awaits(cls, data: Mapping[str, Any]) -> Collection[str]:
        """The output of the called node while a call is pending, and the conversation that an output belongs to.

        A conversation of its own in which nobody has said anything new is nothing to go on with either."""
        said = data.get("conversation_history") or ()
        calls, output = pending(said), data.get("last_tool_output")
        if output is not None:
            return () if calls else ("conversation_history",)
        return ("last_tool_output",) if calls or any(map(is_opening, said)) else ()

    @classmethod
    def miswired(cls, links: Mapping[str, bool]) -> Mapping[str, str]:
        problems = {
            pin: f"Link {other} too: a conversation goes on with what the called nodes have answered"
            for other, pin in (
                ("conversation_history", "last_tool_output"),
                ("last_tool_output", "conversation_history"),
            )
            if pin in links and other not in links
        }
        if links.get("last_tool_output"):
            problems["last_tool_output"] = "A static link repeats its value: link the output of the called node itself"
        return problems

    async def run(self, data: Input, context: Context, *, credentials: APIKey | None) -> AsyncEmissions:
        if data.agent_mode_max_iterations != 0:
            raise ValueError(
                "agent_mode_max_iterations must be 0: link `conversations` and the answers of the tools back to this "
                "node (conversation_history, last_tool_output) to let it go on"
            )
        if not context.tools:
            raise ValueError("no node is linked from the pin tools: there is nothing to decide")
        functions = [_function(tool) for tool in context.tools]
        yield "tool_functions", json.dumps(functions)
        said = with_answer(data.conversation_history or (), data.last_tool_output)
        if pending(said):
            yield "conversations", said
            return
        asked = [*said, *_task(data, said)]
        talk = Talk(model(data.model), context, credentials, data.ollama_host, data.conversation_compaction)
        asked, reply = await _decision(talk, asked, functions, data)
        if not reply.calls:
            yield "finished", reply.text
            return
        for pin, value in _arguments(context.tools, reply.calls):
            yield pin, value
        yield "conversations", [*asked, reply.as_message()]


def _function(tool: Tool) -> dict[str, Any]:
    parameters = dict(tool.parameters)
    return {
        "type": "function",
        "function": {"name": tool.name, "description": tool.description, "parameters": parameters},
    }


def _task(data: SmartDecisionMakerBlock.Input, said: Sequence[Message]) -> list[Message]:
    """The task, once in each conversation."""
    if any(map(is_opening, said)):
        return []
    messages = messages_of(data.prompt, data.sys_prompt, data.prompt_values)
    return [message | {"content": MARK + message["content"]} for message in messages]


async def _decision(
    talk: Talk, asked: list[Message], functions: list[dict[str, Any]], data: SmartDecisionMakerBlock.Input
) -> tuple[list[Message], Reply]:
    """An answer, or calls that fit; calls that do not are answered with what is wrong, `retry` calls in all."""
    schemas = {part["function"]["name"]: part["function"]["parameters"] for part in functions}
    left, problems = max(data.retry, 1), dict[str, str]()
    while left > 0:
        reply = await talk.ask(
            asked, attempts=left, max_tokens=data.max_tokens, tools=functions, parallel=data.multiple_tool_calls
        )
        left -= reply.attempts
        problems = {call.id: problem for call in reply.calls if (problem := _problem(call, schemas))}
        if not problems:
            return asked, reply
        told = [
            {"role": "tool", "tool_call_id": call.id, "content": problems.get(call.id, "Not called: see the others.")}
            for call in reply.calls
        ]
        asked = [*asked, reply.as_message(), *told]
        talk.context.report({"llm_retry_count": 1})
    raise ValueError(f"the model called no node as it should: {'; '.join(problems.values())}")


def _problem(call: ToolCall, schemas: Mapping[str, Mapping[str, Any]]) -> str | None:
    if call.name not in schemas:
        return f"There is no function {call.name[:64]}; there are: {', '.join(schemas)}."
    try:
        arguments = json.loads(call.arguments or "{}")
    except ValueError as wrong:
        return f"The arguments of {call.name} are no JSON: {wrong}."
    if not isinstance(arguments, dict):
        return f"The arguments of {call.name} must be an object."
    schema = schemas[call.name]
    unknown = sorted(set(arguments) - set(schema["properties"]))
    missing = [name for name in schema["required"] if arguments.get(name) is None]
    if unknown or missing:
        return f"{call.name}: unknown arguments: {unknown or 'none'}; missing arguments: {missing or 'none'}."
    return None


def _arguments(tools: Sequence[Tool], calls: Sequence[ToolCall]) -> Iterator[tuple[str, Any]]:
    """Every linked pin of every called node gets a value; null where the model gave none."""
    by_name = {tool.name: tool for tool in tools}
    for call in calls:
        tool, given = by_name[call.name], json.loads(call.arguments or "{}")
        for argument, pin in tool.pins.items():
            yield f"tools_^_{tool.node_id}_~_{pin}", given.get(argument)
