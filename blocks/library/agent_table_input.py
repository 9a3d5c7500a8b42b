"""Rows of a small table that a run is given."""

from typing import Any

from blocks.library.agent_input import AgentInputBase, GraphInput
from blocks.sdk import BareOutput, Case, Context, Emissions, Field


class AgentTableInputBlock(AgentInputBase):
    """Takes the rows of a table into the graph; the headers shape the form, rows may have other keys."""

    id = "5603b273-f41e-4020-af7d-fbc9c6a8d928"
    cases = (
        Case({"name": "n", "value": [{"x": 1}]}, [("result", [{"x": 1}])]),
        Case({"name": "n"}, [("result", [])]),
    )

    class Input(GraphInput):
        value: list[dict[str, Any]] | None = Field(None, advanced=False, description="The rows, each an object.")
        column_headers: list[str] = Field(
            ["Column 1", "Column 2", "Column 3"], advanced=False, description="The columns that the form offers."
        )

    class Output(BareOutput):
        result: list[dict[str, Any]] = Field(description="The rows; an empty list when there are none.")

    def run(self, data: Input, context: Context) -> Emissions:
        yield "result", data.value or []
