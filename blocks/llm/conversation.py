"""A conversation in which a model calls functions: what was said, and which of its calls nobody has answered yet."""

import json
from collections.abc import Sequence
from typing import Any

from blocks.llm.prompts import Message


def pending(said: Any) -> list[str]:
    """Ids of the calls without an answer, in their order; none in what is no conversation.

    An id may come again in a later round: some servers number the calls of each answer from the start."""
    waiting: list[str] = []
    for message in said if isinstance(said, Sequence) else ():
        if not isinstance(message, dict):
            continue
        waiting += [str(call.get("id")) for call in message.get("tool_calls") or () if isinstance(call, dict)]
        if message.get("role") == "tool" and (answered := str(message.get("tool_call_id"))) in waiting:
            waiting.remove(answered)
    return waiting


def with_answer(said: Sequence[Message], output: Any) -> list[Message]:
    """`output` answers the first call that waits for one; without such a call it is nobody's."""
    waiting = pending(said)
    return list(said) if output is None or not waiting else [*said, answer(waiting[0], output)]


def answer(call_id: str, output: Any) -> Message:
    text = output if isinstance(output, str) else json.dumps(output, default=str)
    return {"role": "tool", "tool_call_id": call_id, "content": text}
