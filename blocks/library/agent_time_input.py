"""A time of day that a run is given."""

from datetime import time

from blocks.library.agent_input import AgentInputBase, GraphInput
from blocks.sdk import BareOutput, Case, Field


class AgentTimeInputBlock(AgentInputBase):
    """Takes a time of day into the graph."""

    id = "2a1c757e-86cf-4c7e-aacf-060dc382e434"
    cases = (
        Case({"name": "n", "value": "09:30"}, [("result", "09:30:00")]),
        Case({"name": "n", "value": "9:30"}, raises="value"),
    )

    class Input(GraphInput):
        value: time | None = Field(
            None, advanced=False, description="The value; what is entered here holds when a run gives none."
        )

    class Output(BareOutput):
        result: time = Field(description="The value, when there is one.")
