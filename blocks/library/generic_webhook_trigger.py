"""Starts a run with what somebody sends to an address."""

from typing import Any

from blocks.sdk import Block, BlockInput, BlockOutput, BlockType, Case, Category, Context, Emissions, Field, Workload


class GenericWebhookTriggerBlock(Block):
    """Starts a run for every JSON object that is sent to the webhook of its graph."""

    id = "8fa8c167-2002-47ce-aba8-97572fc5d387"
    categories = (Category.INPUT,)
    block_type = BlockType.WEBHOOK_MANUAL
    workload = Workload.IO
    webhook_provider = "generic_webhook"
    cases = (
        Case({"payload": {"a": 1}, "constants": {"b": 2}}, [("constants", {"b": 2}), ("payload", {"a": 1})]),
        Case({}, [("constants", {}), ("payload", {})]),
    )

    class Input(BlockInput):
        payload: dict[str, Any] = Field({}, hidden=True, description="What was sent.")
        constants: dict[str, Any] = Field({}, description="Emitted as it is, with every message.")

    class Output(BlockOutput):
        payload: dict[str, Any] = Field(description="What was sent.")
        constants: dict[str, Any] = Field(description="The constants of the node.")

    def run(self, data: Input, context: Context) -> Emissions:
        yield "constants", data.constants
        yield "payload", data.payload
