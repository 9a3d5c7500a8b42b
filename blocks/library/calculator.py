"""Calculates with two numbers."""

import math
import operator
from typing import Literal

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field

_OPERATIONS = {
    "Add": operator.add,
    "Subtract": operator.sub,
    "Multiply": operator.mul,
    "Divide": operator.truediv,
    "Power": operator.pow,
}


class CalculatorBlock(Block):
    """Adds, subtracts, multiplies, divides or raises two numbers."""

    id = "b1ab9b19-67a6-406d-abf5-2dba76d00c79"
    categories = (Category.LOGIC,)
    cases = (
        Case({"operation": "Add", "a": 1, "b": 2}, [("result", 3.0)]),
        Case({"operation": "Divide", "a": 7, "b": 2, "round_result": True}, [("result", 4)]),
        Case({"operation": "Divide", "a": 5, "b": 2, "round_result": True}, [("result", 2)]),
        Case({"operation": "Divide", "a": 1, "b": 0}, [("result", "Infinity")]),
        Case({"operation": "Divide", "a": 1, "b": 0, "round_result": True}, [("result", "Infinity")]),
        Case({"operation": "Power", "a": 10, "b": 400}, [("result", "NaN")]),
        Case({"operation": "Power", "a": -8, "b": 0.5}, raises="no real number"),
    )

    class Input(BlockInput):
        operation: Literal["Add", "Subtract", "Multiply", "Divide", "Power"] = Field(description="What to calculate.")
        a: float = Field(description="The first number.")
        b: float = Field(description="The second number.")
        round_result: bool = Field(default=False, description="Round to a whole number, halves to the even one.")

    class Output(BlockOutput):
        result: float = Field(description="The result; Infinity after a division by zero, NaN when it is too large.")

    def run(self, data: Input, context: Context) -> Emissions:
        result = _calculated(data.operation, data.a, data.b)
        yield "result", round(result) if data.round_result and math.isfinite(result) else result


def _calculated(operation: str, a: float, b: float) -> float:
    try:
        result = _OPERATIONS[operation](a, b)
    except ZeroDivisionError:
        return math.inf
    except OverflowError:
        return math.nan
    if isinstance(result, complex):
        raise ValueError(f"{a} to the power of {b} is no real number")
    return float(result)
