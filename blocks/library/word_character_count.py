"""Counts words."""

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field


class WordCharacterCountBlock(Block):
    """Counts the words and characters of a text."""

    id = "ab2a782d-22cf-4587-8a70-55b59b3f9f90"
    categories = (Category.TEXT,)
    cases = (
        Case({"text": " a  b\nc "}, [("word_count", 3), ("character_count", 8)]),
        Case({"text": ""}, [("word_count", 0), ("character_count", 0)]),
    )

    class Input(BlockInput):
        text: str = Field(description="The text.")

    class Output(BlockOutput):
        word_count: int = Field(description="How many words, as blanks and line breaks part them.")
        character_count: int = Field(description="How many characters, blanks and line breaks too.")

    def run(self, data: Input, context: Context) -> Emissions:
        yield "word_count", len(data.text.split())
        yield "character_count", len(data.text)
