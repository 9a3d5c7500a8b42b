"""Branches on what a language model thinks."""

import json
import re
from typing import Any

from blocks.llm.client import Talk
from blocks.llm.models import DEFAULT, ModelName, model, model_credentials
from blocks.sdk import (
    APIKey,
    AsyncEmissions,
    Block,
    BlockInput,
    BlockOutput,
    Case,
    Category,
    Context,
    CredentialsReference,
    Effect,
    Field,
    Workload,
)

_TRUE, _FALSE = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0"})
_ASKED = "You judge whether a condition holds for an input. Answer with one word: true or false."


class AIConditionBlock(Block):
    """Asks a language model whether a condition holds, and emits one of two outputs."""

    id = "553ec5b8-6c45-4299-8d75-b394d05f72ff"
    categories = (Category.AI, Category.LOGIC)
    workload = Workload.IO
    effect = Effect.IDEMPOTENT
    cases = (Case({"input_value": 1, "condition": "is a number"}, raises="needs a key for openai"),)

    class Input(BlockInput):
        input_value: Any = Field(description="The input.")
        condition: str = Field(description="The condition, in plain words.")
        yes_value: Any = Field(None, description="Emitted when it holds; otherwise the input.")
        no_value: Any = Field(None, description="Emitted when it does not hold; otherwise the input.")
        model: ModelName = Field(DEFAULT, advanced=False, description="The language model.")
        credentials: CredentialsReference | None = model_credentials()

    class Output(BlockOutput):
        result: bool = Field(description="Whether it holds.")
        yes_output: Any = Field(description="Emitted when it holds.")
        no_output: Any = Field(description="Emitted when it does not hold.")

    async def run(self, data: Input, context: Context, *, credentials: APIKey | None) -> AsyncEmissions:
        shown = data.input_value if isinstance(data.input_value, str) else json.dumps(data.input_value, default=str)
        messages = [
            {"role": "system", "content": _ASKED},
            {"role": "user", "content": f"Condition: {data.condition}\n\nInput:\n{shown}"},
        ]
        reply = await Talk(model(data.model), context, credentials).ask(messages, max_tokens=10)
        holds = _verdict(reply.text)
        yield "result", holds
        if holds:
            yield "yes_output", data.input_value if data.yes_value is None else data.yes_value
        else:
            yield "no_output", data.input_value if data.no_value is None else data.no_value


def _verdict(text: str) -> bool:
    words = set(re.findall(r"[a-z0-9]+", text.lower()))
    if bool(words & _TRUE) is bool(words & _FALSE):
        raise ValueError(f"the model did not say true or false but {text[:100]!r}")
    return bool(words & _TRUE)
