"""Joins texts."""

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field


class CombineTextsBlock(Block):
    """Joins texts with a delimiter between them; links bring them on pins such as input_$_0."""

    id = "e30a4d42-7b7d-4e6a-b36e-1f9b8e3b7d85"
    categories = (Category.TEXT,)
    cases = (
        Case({"input": ["a", "b"], "delimiter": ", "}, [("output", "a, b")]),
        Case({"input": []}, [("output", "")]),
        Case({"input": ["a", 1]}, raises="input"),
    )

    class Input(BlockInput):
        input: list[str] = Field(description="The texts.")
        delimiter: str = Field("", description="What stands between them.")

    class Output(BlockOutput):
        output: str = Field(description="The joined text.")

    def run(self, data: Input, context: Context) -> Emissions:
        yield "output", data.delimiter.join(data.input)
