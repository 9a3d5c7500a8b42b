"""Answers in a given form: the model is told how to mark its JSON, and told again what was wrong with it."""

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from blocks.llm.client import CallFailed, Talk
from blocks.llm.prompts import Message

_SHRINK = 0.85  # of max_tokens, when prompt and answer together were too long
_FIRST_WORDS = "Answer with "


class Malformed(ValueError):
    """The answer is not in the form that was asked for; the sentence is said to the model, too."""


@dataclass(frozen=True, slots=True)
class Form:
    """`keys`: what every object must have, and what it means. Marked JSON stands in a tag with a random id, so that
    nothing in the prompt can be taken for it; pure JSON is the whole answer."""

    keys: Mapping[str, str]
    as_list: bool
    pure: bool
    mark: str

    def instructions(self) -> str:
        keys = json.dumps(dict(self.keys), ensure_ascii=False, indent=2)
        shape = "a JSON array of objects, each with" if self.as_list else "one JSON object with"
        if self.pure and self.as_list:
            shape = 'one JSON object whose key "results" holds an array of objects, each with'
        told = f"{_FIRST_WORDS}{shape} these keys; beside each key stands what its value is:\n{keys}\n"
        if self.pure:
            return f"{told}The answer is this JSON and nothing else."
        return (
            f'{told}Put the JSON between <json_output id="{self.mark}"> and </json_output>. '
            "You may write other text around it, but that is not read."
        )

    def read(self, text: str) -> Any:
        """The value in an answer. Raises Malformed."""
        try:
            value = json.loads(self._json(text))
        except ValueError as wrong:
            raise Malformed(f"The JSON cannot be read: {wrong}.") from None
        if self.pure and self.as_list and isinstance(value, dict):
            value = value.get("results")
        self._check(value)
        return value

    def _json(self, text: str) -> str:
        if self.pure:
            return text if text.lstrip().startswith(("{", "[")) else text[text.find("{") : text.rfind("}") + 1]
        found = re.search(rf'<json_output id="{self.mark}">(.*?)</json_output>', text, re.DOTALL)
        if found is None:
            raise Malformed(f'There is no JSON between <json_output id="{self.mark}"> and </json_output>.')
        return re.sub(r"^\s*```\w*\s*|\s*```\s*$", "", found[1])

    def _check(self, value: Any) -> None:
        rows = value if self.as_list else [value]
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise Malformed("It must be an array of objects." if self.as_list else "It must be one object.")
        for number, row in enumerate(rows):
            missing = [key for key in self.keys if key not in row]
            if missing:
                where = f"Object {number + 1} of the array" if self.as_list else "The object"
                raise Malformed(f"{where} lacks {', '.join(missing)}.")


@dataclass(frozen=True, slots=True)
class Structured:
    value: Any
    prompt: list[Message]


async def ask(
    talk: Talk,
    messages: Sequence[Message],
    keys: Mapping[str, str],
    *,
    as_list: bool = False,
    pure: bool = False,
    attempts: int = 3,
    max_tokens: int | None = None,
) -> Structured:
    """The value, after at most `attempts` calls; what was wrong with the last one as a ValueError."""
    form = Form(keys, as_list, pure, secrets.token_hex(8))
    asked = _with_instructions(messages, form) if keys else list(messages)
    left, complaint = max(attempts, 1), ""
    while left > 0:
        try:
            reply = await talk.ask(asked, attempts=left, max_tokens=max_tokens, as_json=pure and bool(keys))
        except CallFailed as failed:
            left -= failed.attempts
            if left <= 0 or not failed.too_long:
                raise
            max_tokens = max(1, int((max_tokens or talk.model.most_output) * _SHRINK))
            continue
        left -= reply.attempts
        if not keys:
            return Structured({"response": reply.text}, reply.prompt)
        try:
            return Structured(form.read(reply.text), reply.prompt)
        except Malformed as wrong:
            complaint = str(wrong)
            asked = [*asked, reply.as_message(), {"role": "user", "content": f"{complaint} Answer once more."}]
            if left > 0:
                talk.context.report({"llm_retry_count": 1})
    raise ValueError(f"the model did not answer in the form that was asked for: {complaint}")


def _with_instructions(messages: Sequence[Message], form: Form) -> list[Message]:
    """Before the last message: what a model reads last is what it is asked."""
    *before, last = messages or [{"role": "user", "content": ""}]
    return [*before, {"role": "system", "content": form.instructions()}, last]
