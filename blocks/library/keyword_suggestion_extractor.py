"""Takes a suggestion apart."""

from typing import Any

from blocks.library.keyword_facts import FULL, POOR, KeywordFacts, told
from blocks.sdk import Block, BlockInput, Case, Category, Context, Emissions, Field


class KeywordSuggestionExtractorBlock(Block):
    """Takes a suggestion apart, one output for each of its facts."""

    id = "4193cb94-677c-48b0-9eec-6ac72fffd0f2"
    categories = (Category.DATA,)
    cases = (
        Case({"suggestion": FULL}, list(FULL.items())),
        Case(
            {"suggestion": {"keyword": "tea", "more": 1}},
            list(POOR.items()),
        ),
        Case({"suggestion": {}}, raises="no keyword"),
    )

    class Input(BlockInput):
        suggestion: dict[str, Any] = Field(description="A suggestion, as keyword research emits it.")

    class Output(KeywordFacts):
        pass

    def run(self, data: Input, context: Context) -> Emissions:
        yield from told(data.suggestion)
