"""A value that a run is given."""

from typing import Any

from blocks.sdk import BareOutput, Block, BlockInput, BlockType, Case, Category, Context, Emissions, Field


class GraphInput(BlockInput):
    """What every graph input asks of its author."""

    name: str = Field(description="The name under which a run gives the value.")
    value: Any = Field(None, description="The value; what is entered here holds when a run gives none.")
    title: str | None = Field(None, description="What the form shows instead of the name.")
    description: str | None = Field(None, description="What the form says about the value.")
    placeholder_values: list[Any] = Field([], hidden=True, description="Values to choose from.")
    advanced: bool = Field(default=False, description="Show it among the advanced inputs of the form.")
    secret: bool = Field(default=False, description="Hide the value wherever it is shown.")


class AgentInputBase(Block):
    """What all graph inputs have in common: they hand their value on, unless there is none."""

    categories = (Category.BASIC, Category.INPUT)
    block_type = BlockType.INPUT
    static_output = True

    def run(self, data: Any, context: Context) -> Emissions:
        if data.value is not None:
            yield "result", data.value


class AgentInputBlock(AgentInputBase):
    """Takes a value of any kind into the graph."""

    id = "c0a8e994-ebf1-4a9c-a4d8-89d09c86741b"
    Input = GraphInput
    cases = (
        Case({"name": "n", "value": "x"}, [("result", "x")]),
        Case({"name": "n", "value": 0}, [("result", 0)]),
        Case({"name": "n", "value": False}, [("result", False)]),
        Case({"name": "n"}),
        Case({"value": 1}, raises="missing input: name"),
    )

    class Output(BareOutput):
        result: Any = Field(description="The value, when there is one.")
