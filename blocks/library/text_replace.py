"""Replaces text."""

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field

MOST_CHARACTERS = 50_000_000


class TextReplaceBlock(Block):
    """Replaces every occurrence of a text by another text."""

    id = "7e7c87ab-3469-4bcc-9abe-67705091b713"
    categories = (Category.TEXT,)
    cases = (
        Case({"text": "aaa", "old": "a", "new": "b"}, [("output", "bbb")]),
        Case({"text": "a.b", "old": ".", "new": ""}, [("output", "ab")]),
        Case({"text": "ab", "old": "", "new": "-"}, [("output", "-a-b-")]),
        Case({"text": "a" * 10_000, "old": "", "new": "b" * 10_000}, raises="longer than"),
    )

    class Input(BlockInput):
        text: str = Field(description="The text.")
        old: str = Field(description="What is replaced, taken literally; an empty one stands between all characters.")
        new: str = Field(description="What is put there.")

    class Output(BlockOutput):
        output: str = Field(description="The new text.")

    def run(self, data: Input, context: Context) -> Emissions:
        if len(data.text) + data.text.count(data.old) * (len(data.new) - len(data.old)) > MOST_CHARACTERS:
            raise ValueError(f"the new text would be longer than {MOST_CHARACTERS} characters")
        yield "output", data.text.replace(data.old, data.new)
