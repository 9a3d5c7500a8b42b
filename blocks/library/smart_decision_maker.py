"""Lets a language model decide which nodes to call."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from blocks.llm.client import Reply, Talk, ToolCall
from blocks.llm.models import DEFAULT, ModelName, model, model_credentials
from blocks.llm.prompts import Message, messages_of
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

# Marks the messages with which a conversation began, so that a later pass does not say them again.
MARK = "[Task] "
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
        said = _answered(list(data.conversation_history or ()), data.last_tool_output)
        if _pending(said):
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


def _pending(said: Sequence[Message]) -> list[str]:
    """Ids of calls that no message has answered."""
    answered = {message.get("tool_call_id") for message in said if message.get("role") == "tool"}
    calls = [call for message in said for call in message.get("tool_calls") or ()]
    return [call["id"] for call in calls if call.get("id") not in answered]


def _answered(said: list[Message], output: Any) -> list[Message]:
    pending = _pending(said)
    if output is None or not pending:
        return said
    text = output if isinstance(output, str) else json.dumps(output, default=str)
    return [*said, {"role": "tool", "tool_call_id": pending[0], "content": text}]


def _task(data: SmartDecisionMakerBlock.Input, said: Sequence[Message]) -> list[Message]:
    """The task, once in each conversation."""
    if any(str(message.get("content") or "").startswith(MARK) for message in said):
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
