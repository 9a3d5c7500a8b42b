"""Shows data to a person, who lets it pass or not."""

from typing import Any

from blocks.sdk import (
    Block,
    BlockInput,
    BlockOutput,
    BlockType,
    Case,
    Category,
    Context,
    Decision,
    Emissions,
    Field,
    Review,
    Workload,
)


class HumanInTheLoopBlock(Block):
    """Waits until a person has approved or rejected the data. Waiting holds no worker."""

    id = "8b2a7b3c-6e9d-4a5f-8c1b-2e3f4a5b6c7d"
    categories = (Category.BASIC,)
    block_type = BlockType.HUMAN_IN_THE_LOOP
    workload = Workload.IO
    cases = (
        Case({"data": {"a": 1}, "name": "look"}),
        Case(
            {"data": {"a": 1}, "name": "look"},
            [("approved_data", {"a": 2}), ("review_message", "better")],
            context=Context(decision=Decision(approved=True, data={"a": 2}, message="better")),
        ),
        Case(
            {"data": 1, "name": "look"},
            [("rejected_data", 1)],
            context=Context(decision=Decision(approved=False, data=1)),
        ),
        Case(
            {"data": 1, "name": "look", "editable": False},
            [("approved_data", 1), ("review_message", str)],
            context=Context(human_in_the_loop_safe_mode=False),
        ),
    )

    class Input(BlockInput):
        data: Any = Field(description="What the person looks at.")
        name: str = Field(description="What it is about, in words for the person.")
        editable: bool = Field(default=True, description="May the person change the data?")

    class Output(BlockOutput):
        approved_data: Any = Field(description="The data, perhaps changed, when it was approved.")
        rejected_data: Any = Field(description="The data when it was rejected.")
        review_message: str = Field(description="What the person wrote, when something was written.")

    def run(self, data: Input, context: Context) -> Emissions:
        decision = context.decision
        if decision is None and not context.human_in_the_loop_safe_mode:
            decision = Decision(approved=True, data=data.data, message="Approved without a look: safe mode is off.")
        if decision is None:
            yield Review(data.data, name=data.name, editable=data.editable)
            return
        yield "approved_data" if decision.approved else "rejected_data", decision.data
        if decision.message:
            yield "review_message", decision.message
