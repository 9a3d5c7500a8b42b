"""Gives videos another sound."""

from typing import Literal

from blocks.library.media import ENCODED, duration_of, made, source
from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Effect, Emissions, Field
from blocks.sdk.files import store


class AddAudioToVideoBlock(Block):
    """Puts a sound file in the place of a video's sound."""

    id = "3503748d-62b6-4425-91d6-725b064af509"
    categories = (Category.MULTIMEDIA,)
    effect = Effect.IDEMPOTENT
    cases = (
        Case({"video_in": "data:video/mp4;base64,aGk=", "audio_in": "a.mp3"}, raises="no folder for files"),
        Case({"video_in": "a.mp4", "audio_in": "a.mp3", "volume": -1}, raises="volume"),
    )

    class Input(BlockInput):
        video_in: str = Field(format="file", description="A data URI, an address, or the name of a file of the run.")
        audio_in: str = Field(format="file", description="The sound, given like the video.")
        volume: float = Field(1.0, description="How loud: 1 is as it was, 0.5 half of it.")
        output_return_type: Literal["file_path", "data_uri"] = Field("file_path", description="How to emit the video.")

    class Output(BlockOutput):
        video_out: str = Field(
            format="file",
            description="The name of the video within the run, or its content as a data URI.",
        )

    def run(self, data: Input, context: Context) -> Emissions:
        if not 0 <= data.volume <= 100:
            raise ValueError("volume must be a number from 0 to 100")
        video, audio = store(data.video_in, context.files), store(data.audio_in, context.files)
        length = duration_of(video, context, stream="Video")
        duration_of(audio, context, stream="Audio")
        # silence behind a short sound, an end to a long one: the video decides
        sound = ["-map", "0:v:0", "-map", "1:a:0", "-af", f"volume={data.volume:.4f},apad", "-t", f"{length:.3f}"]
        dubbed = made([*source(video), *source(audio), *sound, *ENCODED], video.folder, context)
        yield "video_out", dubbed.data_uri() if data.output_return_type == "data_uri" else dubbed.name
