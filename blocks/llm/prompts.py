"""Prompts: filled with values, measured, and made to fit."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from blocks.library.create_list import tokens
from blocks.sdk.templates import render

Message = dict[str, Any]
_GAP = "\n… (left out) …\n"
_LEAST = 256  # tokens that a shortened message keeps


def messages_of(prompt: str, system: str = "", values: Mapping[str, Any] | None = None) -> list[Message]:
    """System and user message. Without values the texts are no templates: braces stay as they are."""
    if values:
        prompt, system = render(prompt, values), render(system, values)
    told = [{"role": "system", "content": system}] if system else []
    return [*told, {"role": "user", "content": prompt}] if prompt else told


def size(messages: Sequence[Message]) -> int:
    """About how many tokens they have."""
    return sum(4 + tokens(_text(message)) for message in messages)


def fitting(messages: Sequence[Message], most: int) -> list[Message]:
    """The messages in about `most` tokens: long ones lose their middle, then the oldest in the middle go."""
    kept = [dict(message) for message in messages]
    share = most
    while size(kept) > most and share > _LEAST:
        share //= 2
        kept = [_shortened(message, share) for message in kept]
    while size(kept) > most and len(kept) > 2:
        del kept[1]
        # an answer of a tool means nothing without the call before it
        while len(kept) > 2 and kept[1].get("role") == "tool":
            del kept[1]
    return kept


def _text(message: Message) -> str:
    content = message.get("content")
    calls = message.get("tool_calls")
    return f"{content if isinstance(content, str) else json.dumps(content)}{json.dumps(calls) if calls else ''}"


def _shortened(message: Message, most: int) -> Message:
    content = message.get("content")
    if not isinstance(content, str):
        return message
    used = tokens(content)
    if used <= most:
        return message
    half = max(1, len(content) * most // used // 2)
    return message | {"content": f"{content[:half]}{_GAP}{content[-half:]}"}
