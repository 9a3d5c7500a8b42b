"""A remark on the canvas."""

from blocks.sdk import Block, BlockInput, BlockOutput, BlockType, Case, Category, Context, Emissions, Field


class NoteBlock(Block):
    """Shows a remark beside the other blocks; graphs never run it."""

    id = "cc10ff7b-7753-4ff2-9af6-9399b1a7eddc"
    categories = (Category.BASIC,)
    block_type = BlockType.NOTE
    cases = (Case({"text": "n"}, [("output", "n")]),)

    class Input(BlockInput):
        text: str = Field(description="The remark.")

    class Output(BlockOutput):
        output: str = Field(description="The remark.")

    def run(self, data: Input, context: Context) -> Emissions:
        yield "output", data.text
