"""Cuts a text into pieces."""

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field


class TextSplitBlock(Block):
    """Cuts a text at every occurrence of a delimiter."""

    id = "d5ea33c8-a575-477a-b42f-2fe3be5055ec"
    categories = (Category.TEXT,)
    cases = (
        Case({"text": "a, b,", "delimiter": ","}, [("texts", ["a", "b", ""])]),
        Case({"text": "a, b", "delimiter": ",", "strip": False}, [("texts", ["a", " b"])]),
        Case({"text": "", "delimiter": ","}, [("texts", [])]),
        Case({"text": "abc", "delimiter": ""}, raises="delimiter"),
    )

    class Input(BlockInput):
        text: str = Field(description="The text.")
        delimiter: str = Field(description="Where to cut.")
        strip: bool = Field(default=True, description="Take blanks and line breaks off both ends of every piece.")

    class Output(BlockOutput):
        texts: list[str] = Field(description="The pieces, empty ones too.")

    def run(self, data: Input, context: Context) -> Emissions:
        if data.text and not data.delimiter:
            raise ValueError("the delimiter must not be empty")
        pieces = data.text.split(data.delimiter) if data.text else []
        yield "texts", [piece.strip() for piece in pieces] if data.strip else pieces
