"""Prompts: filled with values, measured, and made to fit."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from blocks.library.create_list import tokens
from blocks.sdk.templates import render

Message = dict[str, Any]
# Begins the messages that open a conversation of ours: they are said once, and go last.
MARK: Final = "[Task] "
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


def is_opening(message: Any) -> bool:
    return isinstance(message, dict) and str(message.get("content") or "").startswith(MARK)


def fitting(messages: Sequence[Message], most: int) -> list[Message]:
    """The messages in about `most` tokens: long ones lose their middle, then the oldest in the middle go. What opens a
    conversation stays, and is shortened when nothing else is left."""
    kept = _shorter([dict(message) for message in messages], most, openings=False)
    while size(kept) > most and (oldest := _oldest(kept)) is not None:
        del kept[oldest]
        # an answer of a tool means nothing without the call before it
        while kept[oldest].get("role") == "tool":
            del kept[oldest]
    return _shorter(kept, most, openings=True)


def _shorter(messages: list[Message], most: int, *, openings: bool) -> list[Message]:
    share = most
    while size(messages) > most and share > _LEAST:
        share //= 2
        messages = [_shortened(one, share) if openings or not is_opening(one) else one for one in messages]
    return messages


def _oldest(messages: Sequence[Message]) -> int | None:
    """The first that may go: neither the very first nor an opening, nor the last with the call that it answers."""
    last = len(messages) - 1
    while last > 0 and messages[last].get("role") == "tool":
        last -= 1
    return next((at for at in range(1, last) if not is_opening(messages[at])), None)


def _text(message: Message) -> str:
    content = message.get("content")
    calls = message.get("tool_calls")
    return f"{content if isinstance(content, str) else json.dumps(content)}{json.dumps(calls) if calls else ''}"


def _shortened(message: Message, most: int) -> Message:
    content = message.get("content")
    if not isinstance(content, str):
        return message
    used = tokens(content)
    return message if used <= most else message | {"content": without_middle(content, len(content) * most // used)}


def without_middle(text: str, most: int) -> str:
    """The text in about `most` characters."""
    half = max(1, most // 2)
    return text if len(text) <= most else f"{text[:half]}{_GAP}{text[-half:]}"
