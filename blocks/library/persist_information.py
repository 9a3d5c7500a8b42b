"""Keeps a value for later runs."""

from typing import Any

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Effect, Emissions, Field, Workload
from blocks.sdk.memory import Kept, Scope, key_of, without_nul


class PersistInformationBlock(Block):
    """Keeps a value under a key, for later runs of this agent or of all agents of the user."""

    id = "1d055e55-a2b9-4547-8311-907d05b0304d"
    categories = (Category.DATA,)
    workload = Workload.IO
    effect = Effect.IDEMPOTENT
    cases = (
        Case({"key": "k", "value": {"a": 1}}, [("value", {"a": 1})], context=Context(memory=Kept())),
        Case({"key": "k", "value": 0, "scope": "across_agents"}, [("value", 0)], context=Context(memory=Kept())),
        Case({"key": "", "value": 1}, raises="1 to 500 characters", context=Context(memory=Kept())),
        Case({"key": "k", "value": 1}, raises="nothing can be kept here"),
        Case({"key": "k"}, raises="missing input: value"),
    )

    class Input(BlockInput):
        key: str = Field(description="The name under which the value is found again.")
        value: Any = Field(description="What is kept; it takes the place of what was kept before.")
        scope: Scope = Field(Scope.WITHIN_AGENT, description="Found by this agent only, or by all agents of the user.")

    class Output(BlockOutput):
        value: Any = Field(description="What is kept now.")

    def run(self, data: Input, context: Context) -> Emissions:
        if context.memory is None:
            raise ValueError("nothing can be kept here")
        value = without_nul(data.value)
        context.memory.set(key_of(data.key), data.scope, value)
        yield "value", value
