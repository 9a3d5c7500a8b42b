"""Nodes as functions that a model may call: how it is told of them, whether its calls fit, and what they ask for."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from blocks.llm.client import Reply, Talk, ToolCall
from blocks.llm.prompts import Message, without_middle
from blocks.sdk import Answer, Call, Tool

LONGEST_ANSWER: Final = 100_000  # characters of what a called node has put out


def functions_of(tools: Sequence[Tool]) -> list[dict[str, Any]]:
    return [
        {
            "type": "function",
            "function": {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)},
        }
        for tool in tools
    ]


async def decision(
    talk: Talk,
    asked: list[Message],
    tools: Sequence[Tool],
    *,
    attempts: int,
    max_tokens: int | None = None,
    parallel: bool = False,
) -> tuple[list[Message], Reply]:
    """An answer, or calls that fit; calls that do not are answered with what is wrong, `attempts` requests in all.

    The messages are those before the reply."""
    schemas = {tool.name: tool.parameters for tool in tools}
    left, problems = max(attempts, 1), dict[str, str]()
    while left > 0:
        reply = await talk.ask(
            asked, attempts=left, max_tokens=max_tokens, tools=functions_of(tools), parallel=parallel
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


def calls_of(reply: Reply, tools: Sequence[Tool]) -> list[Call]:
    """With a value for every linked pin of every called node; None where the model gave none."""
    by_name = {tool.name: tool for tool in tools}
    calls = []
    for call in reply.calls:
        tool, given = by_name[call.name], json.loads(call.arguments or "{}")
        calls.append(Call(tool.node_id, {pin: given.get(argument) for argument, pin in tool.pins.items()}))
    return calls


def told(answer: Answer) -> str:
    """JSON: output pin → what came out there, and `error`; a long one loses its middle."""
    parts: dict[str, Any] = {pin: list(values) for pin, values in answer.outputs.items()}
    if answer.error is not None:
        parts["error"] = answer.error
    if answer.left_out:
        parts["values left out"] = answer.left_out
    return without_middle(json.dumps(parts, default=str), LONGEST_ANSWER)
