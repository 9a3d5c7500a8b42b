"""Takes an agent of the store into the user's own."""

from blocks.sdk import (
    Block,
    BlockInput,
    BlockOutput,
    Case,
    Category,
    Context,
    Effect,
    Emissions,
    Field,
    Workload,
    agents,
)

_SHELF = agents.Shelf(offers=[agents.Offer("17", "ada", "digest", "Digest")])


class AddToLibraryFromStoreBlock(Block):
    """Adds an agent of the store to those of the user, once."""

    id = "2602a7b1-3f4d-4e5f-9c8b-1a2b3c4d5e6f"
    categories = (Category.BASIC,)
    workload = Workload.IO
    effect = Effect.IDEMPOTENT
    cases = (
        Case(
            {"store_listing_version_id": "17"},
            [
                ("success", True),
                ("library_agent_id", "copy of 17"),
                ("agent_id", "copy of 17"),
                ("agent_version", 1),
                ("agent_name", "Digest"),
                ("message", "Digest is in your library."),
            ],
            context=Context(agents=_SHELF),
        ),
        Case(
            {"store_listing_version_id": "17", "agent_name": "Mine"},
            [
                ("success", True),
                ("library_agent_id", str),
                ("agent_id", str),
                ("agent_version", 1),
                ("agent_name", "Mine"),
                ("message", "Mine is in your library."),
            ],
            context=Context(agents=_SHELF),
        ),
        Case({"store_listing_version_id": "18"}, raises="The store has no agent", context=Context(agents=_SHELF)),
        Case({"store_listing_version_id": "17"}, raises="no agents can be found here"),
    )

    class Input(BlockInput):
        store_listing_version_id: str = Field(description="Which one, as Get Store Agent Details says it.")
        agent_name: str | None = Field(None, description="Emitted in place of its name; nothing is renamed.")

    class Output(BlockOutput):
        success: bool = Field(description="It is there.")
        library_agent_id: str = Field(
            description="The graph that was made of it, or was made when it was added before."
        )
        agent_id: str = Field(description="The same.")
        agent_version: int = Field(description="The version of that graph.")
        agent_name: str = Field(description="Its name.")
        message: str = Field(description="What was done, in a sentence.")

    def run(self, data: Input, context: Context) -> Emissions:
        added = agents.of(context.agents).add(data.store_listing_version_id)
        name = data.agent_name or added.name
        yield "success", True
        yield "library_agent_id", added.graph_id
        yield "agent_id", added.graph_id
        yield "agent_version", added.version
        yield "agent_name", name
        yield "message", f"{name} is in your library."
