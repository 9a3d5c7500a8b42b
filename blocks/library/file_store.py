"""Takes a file into the run."""

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Effect, Emissions, Field, Workload
from blocks.sdk.files import store


class FileStoreBlock(Block):
    """Stores a file among those of the run and emits its name, or its content as a data URI."""

    id = "cbb50872-625b-42f0-8203-a2ae78242d8a"
    categories = (Category.BASIC, Category.MULTIMEDIA)
    workload = Workload.IO
    effect = Effect.IDEMPOTENT
    static_output = True
    cases = (
        Case({"file_in": "data:text/plain;base64,aGk="}, raises="no folder for files"),
        Case({}, raises="missing input: file_in"),
    )

    class Input(BlockInput):
        file_in: str = Field(format="file", description="A data URI, a web address, or the name of a file of the run.")
        base_64: bool = Field(default=False, description="Emit the content as a data URI instead of the name.")

    class Output(BlockOutput):
        file_out: str = Field(description="The name of the file within the run, or its content as a data URI.")

    def run(self, data: Input, context: Context) -> Emissions:
        file = store(data.file_in, context.files)
        yield "file_out", file.data_uri() if data.base_64 else file.name
