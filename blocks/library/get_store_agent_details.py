"""One agent of the store."""

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field, Workload, agents

_SHELF = agents.Shelf(
    offers=[agents.Offer("17", "ada", "digest", "Digest", "Reads the news.", ("news",), runs=12, rating=4.5)]
)


class GetStoreAgentDetailsBlock(Block):
    """Looks up an agent of the store by its creator and its short name."""

    id = "b604f0ec-6e0d-40a7-bf55-9fd09997cced"
    categories = (Category.BASIC, Category.DATA)
    workload = Workload.IO
    static_output = True
    cases = (
        Case(
            {"creator": "ada", "slug": "digest"},
            [
                ("found", True),
                ("store_listing_version_id", "17"),
                ("agent_name", "Digest"),
                ("description", "Reads the news."),
                ("creator", "ada"),
                ("categories", ["news"]),
                ("runs", 12),
                ("rating", 4.5),
            ],
            context=Context(agents=_SHELF),
        ),
        Case({"creator": "eve", "slug": "digest"}, raises="no agent 'digest' of 'eve'", context=Context(agents=_SHELF)),
        Case({"creator": "ada", "slug": "digest"}, raises="no agents can be found here"),
    )

    class Input(BlockInput):
        creator: str = Field(description="Who offers it.")
        slug: str = Field(description="Its short name.")

    class Output(BlockOutput):
        found: bool = Field(description="It is there; where it is not, the node fails.")
        store_listing_version_id: str = Field(description="What Add To Library From Store takes.")
        agent_name: str = Field(description="Its name.")
        description: str = Field(description="What it does.")
        creator: str = Field(description="Who offers it.")
        categories: list[str] = Field(description="Where it belongs.")
        runs: int = Field(description="How often it has been run.")
        rating: float = Field(description="How good it is, from 0 to 5; 0 when nobody has rated it.")

    def run(self, data: Input, context: Context) -> Emissions:
        found = agents.of(context.agents).offer(data.creator, data.slug)
        if found is None:
            raise ValueError(f"The store has no agent {data.slug[:100]!r} of {data.creator[:100]!r}.")
        yield "found", True
        yield "store_listing_version_id", found.id
        yield "agent_name", found.name
        yield "description", found.description
        yield "creator", found.creator
        yield "categories", list(found.categories)
        yield "runs", found.runs
        yield "rating", found.rating
