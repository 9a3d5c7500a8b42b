"""What keyword research says of a keyword, one output for each fact."""

from typing import Any

from blocks.sdk import BlockOutput, Emissions, Field


class KeywordFacts(BlockOutput):
    keyword: str = Field(description="The keyword.")
    search_volume: int | None = Field(None, description="How often it is searched for in a month.")
    competition: float | None = Field(None, description="How many advertise for it, from 0 to 1.")
    cpc: float | None = Field(None, description="What a click costs.")
    keyword_difficulty: int | None = Field(None, description="How hard it is to be found with it.")
    serp_info: dict[str, Any] | None = Field(None, description="What the page of results looks like.")
    clickstream_data: dict[str, Any] | None = Field(None, description="What people click on.")


FULL = {
    "keyword": "tea",
    "search_volume": 10,
    "competition": 0.5,
    "cpc": 1.5,
    "keyword_difficulty": 3,
    "serp_info": {"type": "organic"},
    "clickstream_data": None,
}
POOR = {name: None if name != "keyword" else "tea" for name in FULL}


def told(row: dict[str, Any]) -> Emissions:
    keyword = row.get("keyword")
    if not isinstance(keyword, str):
        raise ValueError("the object has no keyword: it must come from a block that researches keywords")
    for name in KeywordFacts.model_fields:
        if name != "error":
            yield name, row.get(name)
