"""Writes escape sequences."""

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field


class TextEncoderBlock(Block):
    r"""Writes line breaks, backslashes and what is not ASCII as escape sequences such as \n and \xe9."""

    id = "5185f32e-4b65-4ecf-8fbb-873f003f09d6"
    categories = (Category.TEXT,)
    cases = (
        Case({"text": "a\nb\té\\€😀"}, [("encoded_text", r"a\nb\t\xe9\\\u20ac\U0001f600")]),
        Case({"text": ""}, [("encoded_text", "")]),
    )

    class Input(BlockInput):
        text: str = Field(description="The text.")

    class Output(BlockOutput):
        encoded_text: str = Field(description="The text in ASCII; TextDecoder reads it.")

    def run(self, data: Input, context: Context) -> Emissions:
        yield "encoded_text", data.text.encode("unicode_escape").decode("ascii")
