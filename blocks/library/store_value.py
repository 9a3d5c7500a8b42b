"""Keeps a value for everything behind it."""

from typing import Any

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field


class StoreValueBlock(Block):
    """Emits a value that later executions behind it use again."""

    id = "1ff065e9-88e8-4358-9d82-8dc91f622ba9"
    categories = (Category.BASIC,)
    static_output = True
    cases = (
        Case({"input": 1}, [("output", 1)]),
        Case({"input": 1, "data": "d"}, [("output", "d")]),
        Case({"input": "x", "data": ""}, [("output", "x")]),
        Case({"input": "x", "data": 0, "keep_empty_data": True}, [("output", 0)]),
        Case({"input": "x", "keep_empty_data": True}, [("output", "x")]),
        Case({}, raises="missing input: input"),
    )

    class Input(BlockInput):
        input: Any = Field(description="The value, and what starts the block.")
        data: Any = Field(None, description="Emitted instead of the input, unless it is empty, 0 or false.")
        keep_empty_data: bool = Field(default=False, description="Emit data even if it is empty, 0 or false.")

    class Output(BlockOutput):
        output: Any = Field(description="The value.")

    def run(self, data: Input, context: Context) -> Emissions:
        is_given = data.data is not None if data.keep_empty_data else bool(data.data)
        yield "output", data.data if is_given else data.input
