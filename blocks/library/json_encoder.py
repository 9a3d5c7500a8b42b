"""Writes JSON."""

import json
from typing import Any

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field


class JSONEncoderBlock(Block):
    """Writes a value as compact JSON text."""

    id = "9a9d20c5-5b4d-4e94-8022-83b6cb72648a"
    categories = (Category.TEXT,)
    cases = (
        Case({"data": {"a": [1, "é", None]}}, [("json_str", '{"a":[1,"é",null]}')]),
        Case({"data": "x"}, [("json_str", '"x"')]),
        Case({"data": {"b": 1}, "indent": 1}, [("json_str", '{\n "b": 1\n}')]),
    )

    class Input(BlockInput):
        data: Any = Field(description="The value.")
        indent: int | None = Field(None, ge=1, le=8, description="Write lines, indented by so many blanks.")

    class Output(BlockOutput):
        json_str: str = Field(description="The JSON text.")

    def run(self, data: Input, context: Context) -> Emissions:
        separators = (",", ":") if data.indent is None else None
        yield "json_str", json.dumps(data.data, ensure_ascii=False, separators=separators, indent=data.indent)
