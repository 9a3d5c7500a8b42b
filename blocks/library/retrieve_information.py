"""Finds a value that an earlier run has kept."""

from typing import Any

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field, Workload
from blocks.sdk.memory import Kept, Scope, key_of

_KEPT = Kept({("k", Scope.WITHIN_AGENT): 0})


class RetrieveInformationBlock(Block):
    """Emits what was kept under a key, or a default."""

    id = "d8710fc9-6e29-481e-a7d5-165eb16f8471"
    categories = (Category.DATA,)
    workload = Workload.IO
    static_output = True
    cases = (
        Case({"key": "k", "default_value": 7}, [("value", 0)], context=Context(memory=_KEPT)),
        Case({"key": "k", "default_value": 7, "scope": "across_agents"}, [("value", 7)], context=Context(memory=_KEPT)),
        Case({"key": "x"}, [("value", None)], context=Context(memory=_KEPT)),
        Case({"key": "k"}, raises="nothing can be kept here"),
    )

    class Input(BlockInput):
        key: str = Field(description="The name under which the value was kept.")
        scope: Scope = Field(Scope.WITHIN_AGENT, description="Kept by this agent, or by any agent of the user.")
        default_value: Any = Field(None, description="Emitted when nothing was kept.")

    class Output(BlockOutput):
        value: Any = Field(description="What was kept, or the default.")

    def run(self, data: Input, context: Context) -> Emissions:
        if context.memory is None:
            raise ValueError("nothing can be kept here")
        found, value = context.memory.get(key_of(data.key), data.scope)
        yield "value", value if found else data.default_value
