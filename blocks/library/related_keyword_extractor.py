"""Takes a related keyword apart."""

from typing import Any

from blocks.library.keyword_facts import FULL, POOR, KeywordFacts, told
from blocks.sdk import Block, BlockInput, Case, Category, Context, Emissions, Field


class RelatedKeywordExtractorBlock(Block):
    """Takes a related keyword apart, one output for each of its facts."""

    id = "98342061-09d2-4952-bf77-0761fc8cc9a8"
    categories = (Category.DATA,)
    cases = (
        Case({"related_keyword": FULL}, list(FULL.items())),
        Case(
            {"related_keyword": {"keyword": "tea", "more": 1}},
            list(POOR.items()),
        ),
        Case({"related_keyword": {}}, raises="no keyword"),
    )

    class Input(BlockInput):
        related_keyword: dict[str, Any] = Field(description="A related keyword, as keyword research emits it.")

    class Output(KeywordFacts):
        pass

    def run(self, data: Input, context: Context) -> Emissions:
        yield from told(data.related_keyword)
