"""Measures sound and video."""

from blocks.library.media import duration_of
from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Effect, Emissions, Field
from blocks.sdk.files import store


class MediaDurationBlock(Block):
    """Tells how long a video or a sound file is."""

    id = "d8b91fd4-da26-42d4-8ecb-8b196c6d84b6"
    categories = (Category.MULTIMEDIA,)
    effect = Effect.IDEMPOTENT
    cases = (Case({"media_in": "data:video/mp4;base64,aGk="}, raises="no folder for files"),)

    class Input(BlockInput):
        media_in: str = Field(format="file", description="A data URI, an address, or the name of a file of the run.")
        is_video: bool = Field(default=True, description="The file is a video; otherwise it is sound.")

    class Output(BlockOutput):
        duration: float = Field(description="The length in seconds.")

    def run(self, data: Input, context: Context) -> Emissions:
        file = store(data.media_in, context.files)
        yield "duration", duration_of(file, context, stream="Video" if data.is_video else "Audio")
