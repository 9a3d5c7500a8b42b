"""Shows a value in the record of the run."""

from typing import Any

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field


class PrintToConsoleBlock(Block):
    """Hands a value on and says that it was printed."""

    id = "f3b1c1b2-4c4f-4f0d-8d2f-4c4f0d8d2f4c"
    categories = (Category.BASIC,)
    sensitive_action = True
    cases = (Case({"text": {"a": 1}}, [("output", {"a": 1}), ("status", "printed")]),)

    class Input(BlockInput):
        text: Any = Field(description="The value.")

    class Output(BlockOutput):
        output: Any = Field(description="The value.")
        status: str = Field(description="Always: printed.")

    def run(self, data: Input, context: Context) -> Emissions:
        yield "output", data.text
        yield "status", "printed"
