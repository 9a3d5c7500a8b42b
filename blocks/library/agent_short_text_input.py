"""A line of text that a run is given."""

from blocks.library.agent_input import AgentInputBase, GraphInput
from blocks.sdk import BareOutput, Case, Field


class AgentShortTextInputBlock(AgentInputBase):
    """Takes a line of text into the graph."""

    id = "7fcd3bcb-8e1b-4e69-903d-32d3d4a92158"
    cases = (
        Case({"name": "n", "value": "a\nb"}, [("result", "a\nb")]),
        Case({"name": "n", "value": ""}, [("result", "")]),
        Case({"name": "n", "value": 5}, raises="value"),
    )

    class Input(GraphInput):
        value: str | None = Field(
            None,
            format="short-text",
            advanced=False,
            description="The value; what is entered here holds when a run gives none.",
        )

    class Output(BareOutput):
        result: str = Field(description="The value, when there is one.")
