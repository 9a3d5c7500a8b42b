"""A file that a run is given."""

from blocks.library.agent_input import AgentInputBase, GraphInput
from blocks.sdk import BareOutput, Case, Context, Effect, Emissions, Field, Workload
from blocks.sdk.files import store


class AgentFileInputBlock(AgentInputBase):
    """Takes a file into the graph: a data URI, or the name of a file that the run has already."""

    id = "95ead23f-8283-4654-aef3-10c053b74a31"
    workload = Workload.IO
    effect = Effect.IDEMPOTENT
    cases = (
        Case({"name": "n"}),
        Case({"name": "n", "value": ""}),
        Case({"name": "n", "value": "data:text/plain;base64,aGk="}, raises="no folder for files"),
    )

    class Input(GraphInput):
        value: str | None = Field(None, advanced=False, format="file", description="A data URI or the name of a file.")
        base_64: bool = Field(default=False, description="Emit the content as a data URI instead of the name.")

    class Output(BareOutput):
        result: str = Field(description="The name of the file within the run, or its content as a data URI.")

    def run(self, data: Input, context: Context) -> Emissions:
        if data.value:
            file = store(data.value, context.files)
            yield "result", file.data_uri() if data.base_64 else file.name
