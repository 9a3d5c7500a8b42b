"""A whole number that a run is given."""

from blocks.library.agent_input import AgentInputBase, GraphInput
from blocks.sdk import BareOutput, Case, Field


class AgentNumberInputBlock(AgentInputBase):
    """Takes a whole number into the graph."""

    id = "96dae2bb-97a2-41c2-bd2f-13a3b5a8ea98"
    cases = (
        Case({"name": "n", "value": 3}, [("result", 3)]),
        Case({"name": "n", "value": 0}, [("result", 0)]),
        Case({"name": "n", "value": 1.5}, raises="value"),
    )

    class Input(GraphInput):
        value: int | None = Field(
            None, advanced=False, description="The value; what is entered here holds when a run gives none."
        )

    class Output(BareOutput):
        result: int = Field(description="The value, when there is one.")
