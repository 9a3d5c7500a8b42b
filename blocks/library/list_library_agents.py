"""The user's own agents."""

from pydantic import BaseModel

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field, Workload, agents

_DIGEST = agents.OwnAgent("g", 3, "Digest", "Reads the news.", "ada", ("news",))
_SHOWN = {
    "library_agent_id": "g",
    "agent_id": "g",
    "agent_version": 3,
    "agent_name": "Digest",
    "description": "Reads the news.",
    "creator": "ada",
    "is_archived": False,
    "categories": ["news"],
}


class LibraryAgent(BaseModel):
    library_agent_id: str = ""
    agent_id: str = ""
    agent_version: int = 0
    agent_name: str = ""
    description: str = ""
    creator: str = ""
    is_archived: bool = False
    categories: list[str] = []


class ListLibraryAgentsBlock(Block):
    """Lists the user's own agents, page by page."""

    id = "082602d3-a74d-4600-9e9c-15b3af7eae98"
    categories = (Category.BASIC, Category.DATA)
    workload = Workload.IO
    cases = (
        Case(
            {},
            [("agents", [_SHOWN]), ("total_count", 1), ("page", 1), ("total_pages", 1), ("agent", _SHOWN)],
            context=Context(agents=agents.Shelf(agents=[_DIGEST])),
        ),
        Case(
            {"limit": 2, "page": 2},
            [("agents", [_SHOWN]), ("total_count", 3), ("page", 2), ("total_pages", 2), ("agent", _SHOWN)],
            context=Context(agents=agents.Shelf(agents=[_DIGEST] * 3)),
        ),
        Case(
            {},
            [("agents", []), ("total_count", 0), ("page", 1), ("total_pages", 0)],
            context=Context(agents=agents.Shelf()),
        ),
        Case({"limit": 101}, raises="limit", context=Context(agents=agents.Shelf())),
        Case({}, raises="no agents can be found here"),
    )

    class Input(BlockInput):
        search_query: str | None = Field(None, description="Only those whose name or description contains it.")
        limit: int = Field(50, ge=1, le=100, description="How many are on a page.")
        page: int = Field(1, ge=1, description="Which page.")

    class Output(BlockOutput):
        agents: list[LibraryAgent] = Field(description="All of the page, the newest first.")
        agent: LibraryAgent = Field(description="One of them.")
        total_count: int = Field(description="How many there are on all pages.")
        page: int = Field(description="Which page it is.")
        total_pages: int = Field(description="How many pages there are.")

    def run(self, data: Input, context: Context) -> Emissions:
        found, total = agents.of(context.agents).own(data.search_query, page=data.page, limit=data.limit)
        shown = [_shown(one) for one in found]
        yield "agents", shown
        yield "total_count", total
        yield "page", data.page
        yield "total_pages", -(-total // data.limit)
        for one in shown:
            yield "agent", one


def _shown(one: agents.OwnAgent) -> LibraryAgent:
    return LibraryAgent(
        library_agent_id=one.graph_id,
        agent_id=one.graph_id,
        agent_version=one.version,
        agent_name=one.name,
        description=one.description,
        creator=one.creator,
        categories=list(one.categories),
    )
