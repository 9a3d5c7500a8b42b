"""Starts a run with what a wearable heard."""

from typing import Any

from blocks.sdk import Block, BlockInput, BlockOutput, BlockType, Case, Category, Context, Emissions, Field, Workload


class CompassAITriggerBlock(Block):
    """Starts a run for every transcription that a Compass wearable sends to the webhook of its graph."""

    id = "9464a020-ed1d-49e1-990f-7f2ac924a2b7"
    categories = (Category.HARDWARE,)
    block_type = BlockType.WEBHOOK_MANUAL
    workload = Workload.IO
    webhook_provider = "compass"
    cases = (
        Case({"payload": {"date": "2026-01-01", "transcription": "hi"}}, [("transcription", "hi")]),
        Case({"payload": {"date": "2026-01-01"}}, raises="no transcription"),
        Case({}, raises="missing input: payload"),
    )

    class Input(BlockInput):
        payload: dict[str, Any] = Field(hidden=True, description="What was sent.")

    class Output(BlockOutput):
        transcription: str = Field(description="What was said.")

    def run(self, data: Input, context: Context) -> Emissions:
        heard = data.payload.get("transcription")
        if not isinstance(heard, str):
            raise ValueError("the message has no transcription")
        yield "transcription", heard
