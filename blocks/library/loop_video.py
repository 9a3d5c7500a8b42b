"""Repeats videos."""

from typing import Literal

from blocks.library.media import ENCODED, LONGEST_VIDEO, duration_of, made, source
from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Effect, Emissions, Field
from blocks.sdk.files import store


class LoopVideoBlock(Block):
    """Repeats a video until it has a length, or a number of times."""

    id = "8bf9eef6-5451-4213-b265-25306446e94b"
    categories = (Category.MULTIMEDIA,)
    effect = Effect.IDEMPOTENT
    cases = (
        Case({"video_in": "data:video/mp4;base64,aGk=", "n_loops": 2}, raises="no folder for files"),
        Case({"video_in": "a.mp4"}, raises="duration or n_loops"),
    )

    class Input(BlockInput):
        video_in: str = Field(format="file", description="A data URI, an address, or the name of a file of the run.")
        duration: float | None = Field(None, ge=0, description="The length in seconds; counts more than n_loops.")
        n_loops: int | None = Field(None, ge=1, description="How often the video is shown.")
        output_return_type: Literal["file_path", "data_uri"] = Field("file_path", description="How to emit the video.")

    class Output(BlockOutput):
        video_out: str = Field(description="The name of the video within the run, or its content as a data URI.")

    def run(self, data: Input, context: Context) -> Emissions:
        if not data.duration and not data.n_loops:
            raise ValueError("duration or n_loops must be given")
        video = store(data.video_in, context.files)
        length = duration_of(video, context, stream="Video")
        wanted = data.duration or length * (data.n_loops or 1)
        if wanted > LONGEST_VIDEO:
            raise ValueError(f"the video would be longer than {LONGEST_VIDEO / 3600:.0f} hours")
        loops = "-1" if data.duration else str((data.n_loops or 1) - 1)
        arguments = [*source(video, "-stream_loop", loops), "-t", f"{wanted:.3f}", *ENCODED]
        looped = made(arguments, video.folder, context)
        yield "video_out", looped.data_uri() if data.output_return_type == "data_uri" else looped.name
