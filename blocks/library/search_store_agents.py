"""What the store offers."""

from pydantic import BaseModel

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field, Workload, agents
from blocks.sdk.agents import SortBy

_OFFER = agents.Offer("17", "ada", "digest", "Digest", "Reads the news.", ("news",), runs=12, rating=4.5)
_SHOWN = {
    "slug": "digest",
    "name": "Digest",
    "description": "Reads the news.",
    "creator": "ada",
    "rating": 4.5,
    "runs": 12,
    "categories": ["news"],
}


class StoreAgent(BaseModel):
    slug: str = ""
    name: str = ""
    description: str = ""
    creator: str = ""
    rating: float = 0.0
    runs: int = 0
    categories: list[str] = []


class SearchStoreAgentsBlock(Block):
    """Searches the agents that the store offers."""

    id = "39524701-026c-4328-87cc-1b88c8e2cb4c"
    categories = (Category.BASIC, Category.DATA)
    workload = Workload.IO
    cases = (
        Case(
            {"query": "news"},
            [("agents", [_SHOWN]), ("total_count", 1), ("agent", _SHOWN)],
            context=Context(agents=agents.Shelf(offers=[_OFFER])),
        ),
        Case(
            {"limit": 1, "sort_by": "updated_at"},
            [("agents", [_SHOWN]), ("total_count", 1), ("agent", _SHOWN)],
            context=Context(agents=agents.Shelf(offers=[_OFFER] * 2)),
        ),
        Case({}, [("agents", []), ("total_count", 0)], context=Context(agents=agents.Shelf())),
        Case({"sort_by": "age"}, raises="sort_by", context=Context(agents=agents.Shelf())),
        Case({}, raises="no agents can be found here"),
    )

    class Input(BlockInput):
        query: str | None = Field(None, description="Only agents whose name, sub-heading or description contains it.")
        category: str | None = Field(None, description="Only agents of this category.")
        sort_by: SortBy = Field(SortBy.RATING, description="What comes first: the best, the most run, A, the newest.")
        limit: int = Field(10, ge=1, le=100, description="How many at most.")

    class Output(BlockOutput):
        agents: list[StoreAgent] = Field(description="All that were found.")
        agent: StoreAgent = Field(description="One of them.")
        total_count: int = Field(description="How many were found, `limit` at most.")

    def run(self, data: Input, context: Context) -> Emissions:
        store = agents.of(context.agents)
        found = store.search(data.query, data.category, sort_by=data.sort_by, limit=data.limit)
        shown = [_shown(one) for one in found]
        yield "agents", shown
        yield "total_count", len(shown)
        for one in shown:
            yield "agent", one


def _shown(one: agents.Offer) -> StoreAgent:
    return StoreAgent(
        slug=one.slug,
        name=one.name,
        description=one.description,
        creator=one.creator,
        rating=one.rating,
        runs=one.runs,
        categories=list(one.categories),
    )
