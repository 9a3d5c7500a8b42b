"""Takes pieces out of a text."""

from itertools import islice
from typing import Any

from blocks.library.patterns import MOST_CHARACTERS, BadPattern, compiled, matches, searched
from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field

MOST_MATCHES = 1000
LONGEST_MATCH = 10_000


class ExtractTextInformationBlock(Block):
    """Emits what a regular expression finds in a text: the first match or all of them."""

    id = "3146e4fe-2cdd-4f29-bd12-0c9d5bb4deb0"
    categories = (Category.TEXT,)
    cases = (
        Case(
            {"text": "id=42 id=7", "pattern": r"id=(\d+)", "group": 1},
            [("positive", "42"), ("matched_results", ["42"]), ("matched_count", 1)],
        ),
        Case(
            {"text": "id=42 id=7", "pattern": r"id=(\d+)", "group": 1, "find_all": True},
            [("positive", "42"), ("positive", "7"), ("matched_results", ["42", "7"]), ("matched_count", 2)],
        ),
        Case({"text": "abc", "pattern": "("}, [("negative", "abc"), ("matched_results", []), ("matched_count", 0)]),
        Case({"text": "abc", "pattern": "(", "strict": True}, raises="no regular expression"),
        Case(
            {"text": "ab", "pattern": "(a)|(b)", "group": 1, "find_all": True},
            [("negative", "ab"), ("matched_results", []), ("matched_count", 0)],
        ),
        Case(
            {"text": "ab", "pattern": "(a)|(b)", "group": 1, "find_all": True, "strict": True},
            [("positive", "a"), ("matched_results", ["a"]), ("matched_count", 1)],
        ),
        Case(
            {"text": {"k": 1}, "pattern": "z", "strict": True},
            [("negative", '{"k":1}'), ("matched_results", []), ("matched_count", 0)],
        ),
        Case({"text": {"k": 1}, "pattern": "z"}, raises="turn strict on"),
        Case({"text": "a", "pattern": "a", "group": 2, "strict": True}, raises="no group 2"),
        Case({"text": "a" * 40 + "b", "pattern": "^(a|a)*$"}, raises="make it simpler"),
    )

    class Input(BlockInput):
        text: Any = Field(description="The text; what is no text is searched as compact JSON.")
        pattern: str = Field(description="The regular expression.")
        group: int = Field(0, description="Which group of the match to take; 0 is the whole match.")
        case_sensitive: bool = Field(default=True, description="Tell capitals from small letters.")
        dot_all: bool = Field(default=True, description="A dot stands for a line break, too.")
        find_all: bool = Field(default=False, description="Take all matches, not only the first.")
        strict: bool = Field(
            default=False,
            description="Fail on a bad pattern or group, pass over matches without the group, emit text as negative.",
        )

    class Output(BlockOutput):
        positive: str = Field(description="A match.")
        negative: str = Field(description="The text as it came, when there is no match.")
        matched_results: list[str] = Field(description="All matches.")
        matched_count: int = Field(description="How many they are.")

    def run(self, data: Input, context: Context) -> Emissions:
        text = searched(data.text)
        found = _strictly(data, text) if data.strict else _leniently(data, text)
        kept = [match[:LONGEST_MATCH] for match in (found if data.find_all else found[:1])]
        for match in kept:
            yield "positive", match
        if not kept:
            yield "negative", _unmatched(data, text)
        yield "matched_results", kept
        yield "matched_count", len(kept)


def _unmatched(data: Any, text: str) -> str:
    if not data.strict and not isinstance(data.text, str):
        raise ValueError("there is no match, and the input is no text that could be emitted; turn strict on")
    return text


def _strictly(data: Any, text: str) -> list[str]:
    pattern = compiled(data.pattern, case_sensitive=data.case_sensitive, dot_all=data.dot_all)
    if not 0 <= data.group <= pattern.groups:
        raise ValueError(f"the pattern has no group {data.group}")
    groups = (match[data.group] for match in matches(pattern, text[:MOST_CHARACTERS]))
    return list(islice((group for group in groups if group is not None), MOST_MATCHES))


def _leniently(data: Any, text: str) -> list[str]:
    """A bad pattern and a group that took no part in one of the matches count as no match at all."""
    try:
        pattern = compiled(data.pattern, case_sensitive=data.case_sensitive, dot_all=data.dot_all)
    except BadPattern:
        return []
    if not 0 <= data.group <= pattern.groups:
        return []
    found = [match[data.group] for match in islice(matches(pattern, text[:MOST_CHARACTERS]), MOST_MATCHES)]
    return [] if None in found else found
