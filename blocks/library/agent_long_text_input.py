"""A longer text that a run is given."""

from blocks.library.agent_input import AgentInputBase, GraphInput
from blocks.sdk import BareOutput, Case, Field


class AgentLongTextInputBlock(AgentInputBase):
    """Takes a longer text into the graph."""

    id = "90a56ffb-7024-4b2b-ab50-e26c5e5ab8ba"
    cases = (
        Case({"name": "n", "value": "a\nb"}, [("result", "a\nb")]),
        Case({"name": "n"}),
    )

    class Input(GraphInput):
        value: str | None = Field(
            None,
            format="long-text",
            advanced=False,
            description="The value; what is entered here holds when a run gives none.",
        )

    class Output(BareOutput):
        result: str = Field(description="The value, when there is one.")
