"""A switch that a run is given."""

from blocks.library.agent_input import AgentInputBase, GraphInput
from blocks.sdk import BareOutput, Case, Field


class AgentToggleInputBlock(AgentInputBase):
    """Takes true or false into the graph."""

    id = "cbf36ab5-df4a-43b6-8a7f-f7ed8652116e"
    cases = (
        Case({"name": "n"}, [("result", False)]),
        Case({"name": "n", "value": True}, [("result", True)]),
    )

    class Input(GraphInput):
        value: bool = Field(
            default=False, advanced=False, description="The value; what is entered here holds when a run gives none."
        )

    class Output(BareOutput):
        result: bool = Field(description="The value, when there is one.")
