"""A date that a run is given."""

from datetime import date

from blocks.library.agent_input import AgentInputBase, GraphInput
from blocks.sdk import BareOutput, Case, Field


class AgentDateInputBlock(AgentInputBase):
    """Takes a date into the graph."""

    id = "7e198b09-4994-47db-8b4d-952d98241817"
    cases = (
        Case({"name": "n", "value": "2024-02-29"}, [("result", "2024-02-29")]),
        Case({"name": "n", "value": "nope"}, raises="value"),
    )

    class Input(GraphInput):
        value: date | None = Field(
            None, advanced=False, description="The value; what is entered here holds when a run gives none."
        )

    class Output(BareOutput):
        result: date = Field(description="The value, when there is one.")
