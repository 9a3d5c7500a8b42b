"""Branches on a pattern."""

from typing import Any

from blocks.library.patterns import compiled, matches, searched
from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field


class MatchTextPatternBlock(Block):
    """Emits data on one of two outputs, depending on whether a regular expression is found in a text."""

    id = "3060088f-6ed9-4928-9ba7-9c92823a7ccd"
    categories = (Category.TEXT,)
    cases = (
        Case({"text": "Hello", "match": "^h", "data": "D", "case_sensitive": False}, [("positive", "D")]),
        Case({"text": "Hello", "match": "^h", "data": "D"}, [("negative", "D")]),
        Case({"text": "a\nb", "match": "a.b", "data": "D", "dot_all": False}, [("negative", "D")]),
        Case({"text": {"k": "v"}, "match": '"k":"v"', "data": 0}, [("positive", {"k": "v"})]),
        Case({"text": "x", "match": "x", "data": 0, "keep_empty_data": True}, [("positive", 0)]),
        Case({"text": "x", "match": "(", "data": "D"}, raises="no regular expression"),
        Case({"text": "a" * 40 + "b", "match": "^(a|a)*$", "data": "D"}, raises="make it simpler"),
        Case({"text": "x", "match": "((a{100}){100}){100}", "data": "D"}, raises="repetitions"),
    )

    class Input(BlockInput):
        text: Any = Field(description="The text; what is no text is searched as compact JSON.")
        match: str = Field(description="The regular expression.")
        data: Any = Field(description="What is emitted; the text when this is empty, 0 or false.")
        case_sensitive: bool = Field(default=True, description="Tell capitals from small letters.")
        dot_all: bool = Field(default=True, description="A dot stands for a line break, too.")
        keep_empty_data: bool = Field(default=False, description="Emit data even when it is empty, 0 or false.")

    class Output(BlockOutput):
        positive: Any = Field(description="The data, when the pattern was found.")
        negative: Any = Field(description="The data, when it was not.")

    def run(self, data: Input, context: Context) -> Emissions:
        pattern = compiled(data.match, case_sensitive=data.case_sensitive, dot_all=data.dot_all)
        found = next(matches(pattern, searched(data.text)), None) is not None
        emitted = data.data if data.data or data.keep_empty_data else data.text
        yield ("positive" if found else "negative"), emitted
