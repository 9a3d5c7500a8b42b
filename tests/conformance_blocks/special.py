"""Test blocks that cost something, call tools or need credentials."""

from typing import Any

from blocks.sdk import (
    APIKey,
    Block,
    BlockInput,
    BlockOutput,
    BlockType,
    Context,
    Cost,
    Credentials,
    CredentialsReference,
    Emissions,
    Field,
)
from tests.conformance_blocks.echo import AnyInput, AnyOutput


class PaidBlock(Block):
    """Costs 10 credits a run."""

    id = "444eeddb-a95a-415a-83e6-6f303afcd74a"
    costs = (Cost(10),)
    Input = AnyInput
    Output = AnyOutput

    def run(self, data: AnyInput, context: Context) -> Emissions:
        yield "out", data.x


class TariffBlock(Block):
    """Has a price that depends on its input."""

    id = "083a5707-7f1f-4491-add0-d28534564811"
    costs = (
        Cost(7, filter={"tier": "gold"}),
        Cost(5, filter={"tier": "silver", "flag": True}),
        Cost(3, filter={"flag": False}),
    )
    Output = AnyOutput

    class Input(BlockInput):
        x: Any = Field()
        tier: str = Field("")
        flag: bool = Field(default=False)

    def run(self, data: Input, context: Context) -> Emissions:
        yield "out", data.x


class ToolBase(Block):
    class Input(BlockInput):
        calls: list[Any] = Field()

    class Output(BlockOutput):
        tools: Any = Field()
        finished: str = Field()

    def run(self, data: Input, context: Context) -> Emissions:
        for node, pin, value in data.calls:
            yield f"tools_^_{node}_~_{pin}", value
        yield "finished", "done"


class AIToolBlock(ToolBase):
    """Calls the nodes that it is told to."""

    id = "5063112b-1fb1-492e-a31a-929f666ccfce"
    block_type = BlockType.AI


class FakeToolBlock(ToolBase):
    """Emits tool calls although it is no AI block."""

    id = "43a74f31-46aa-42e7-ae1a-a54ea7cd89ab"


class KeyedBlock(Block):
    """Needs an API key of GitHub and does nothing with it."""

    id = "13467418-b82f-4ae0-9526-691b2d854b08"
    Output = AnyOutput

    class Input(BlockInput):
        credentials: CredentialsReference = Credentials(providers=["github"], types=["api_key"])
        x: Any = Field()

    def run(self, data: Input, context: Context, *, credentials: APIKey) -> Emissions:
        yield "out", data.x
