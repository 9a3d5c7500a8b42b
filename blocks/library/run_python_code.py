"""Runs Python code."""

from typing import Any

from blocks import code
from blocks.code.running import run
from blocks.sdk import (
    AsyncEmissions,
    Block,
    BlockInput,
    BlockOutput,
    Case,
    Category,
    Context,
    Effect,
    Field,
    Workload,
)


class RunPythonCodeBlock(Block):
    """Runs Python code in a process of its own, without network and files. Off unless the operator allows it."""

    id = "1e69aacb-8bf8-4962-821b-695b4b10d795"
    categories = (Category.DEVELOPER_TOOLS,)
    workload = Workload.IO
    effect = Effect.PURE
    cases = (Case({"code": "result = 1"}, raises="PETIOLE_PYTHON_CODE"),)

    class Input(BlockInput):
        code: str = Field(description="The code. What it leaves in `result` is emitted.")
        inputs: dict[str, Any] = Field({}, advanced=False, description="What the code finds in `inputs`.")
        timeout: int = Field(10, ge=1, le=60, description="The most seconds that it may take.")

    class Output(BlockOutput):
        result: Any = Field(description="The value of `result`.")
        printed: str = Field(description="What was printed.")

    async def run(self, data: Input, context: Context) -> AsyncEmissions:
        if not code.is_enabled():
            raise ValueError("code is not run here: whoever runs Petiole can allow it with PETIOLE_PYTHON_CODE")
        told = await run(data.code, data.inputs, data.timeout)
        yield "result", told.get("result")
        yield "printed", str(told.get("printed", ""))
