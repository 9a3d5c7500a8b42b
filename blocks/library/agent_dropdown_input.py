"""One of several options that a run is given."""

from typing import Any

from blocks.library.agent_input import AgentInputBase, GraphInput
from blocks.sdk import BareOutput, Case, Field


class AgentDropdownInputBlock(AgentInputBase):
    """Takes one of several options into the graph; the options shape the form, any text is accepted."""

    id = "655d6fdf-a334-421c-b733-520549c07cd1"
    cases = (
        Case({"name": "n", "value": "zzz", "placeholder_values": ["a"]}, [("result", "zzz")]),
        Case({"name": "n"}),
    )

    class Input(GraphInput):
        value: str | None = Field(None, advanced=False, description="The option; it holds when a run gives none.")
        placeholder_values: list[Any] = Field([], advanced=False, description="The options.")

    class Output(BareOutput):
        result: str = Field(description="The chosen option.")
