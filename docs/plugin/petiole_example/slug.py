"""Makes names for addresses."""

import re
import unicodedata

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field


class SlugBlock(Block):
    """Makes a name for a web address out of a title."""

    id = "6c1b5e0e-52d6-4a3b-9a4e-0f8f6c1f6b3a"
    categories = (Category.TEXT,)
    cases = (
        Case({"title": "  Crème brûlée, twice! "}, [("slug", "creme-brulee-twice")]),
        Case({"title": "One two three", "words": 2}, [("slug", "one-two")]),
        Case({"title": "?!"}, raises="no letter or digit"),
    )

    class Input(BlockInput):
        title: str = Field(description="The title.")
        words: int = Field(0, ge=0, description="Use at most so many words; 0 for all of them.")

    class Output(BlockOutput):
        slug: str = Field(description="Small letters, digits and hyphens.")

    def run(self, data: Input, context: Context) -> Emissions:
        plain = unicodedata.normalize("NFKD", data.title).encode("ascii", "ignore").decode().lower()
        words = re.findall("[a-z0-9]+", plain)
        if not words:
            raise ValueError("there is no letter or digit in the title")
        yield "slug", "-".join(words[: data.words or None])
