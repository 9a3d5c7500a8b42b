"""Compares two values and branches."""

import operator
from typing import Any, Literal

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field

_OPERATORS = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}


class ConditionBlock(Block):
    """Compares two values, texts with numbers in them as numbers, and emits one of two outputs."""

    id = "715696a0-e1da-45c8-b209-c2fa9c3b0be6"
    categories = (Category.LOGIC,)
    cases = (
        Case({"value1": "a", "operator": "==", "value2": " a "}, [("result", True), ("yes_output", "a")]),
        Case({"value1": "10", "operator": ">", "value2": 9}, [("result", True), ("yes_output", 10.0)]),
        Case({"value1": 3, "operator": ">", "value2": 5}, [("result", False), ("no_output", 5)]),
        Case({"value1": 3, "operator": "<", "value2": 5, "yes_value": 0}, [("result", True), ("yes_output", 0)]),
        Case({"value1": 3, "operator": ">", "value2": 5, "left_when_not": True}, [("result", False), ("no_output", 3)]),
        Case({"value1": "a", "operator": "<", "value2": 1}, raises="cannot be compared"),
    )

    class Input(BlockInput):
        value1: Any = Field(description="The left side.")
        operator: Literal["==", "!=", ">", "<", ">=", "<="] = Field(description="The comparison.")
        value2: Any = Field(description="The right side.")
        yes_value: Any = Field(None, description="Emitted when it holds; the left side when nothing is given.")
        no_value: Any = Field(None, description="Emitted when it does not hold; the right side when nothing is given.")
        left_when_not: bool = Field(
            default=False, description="Emit the left side when it does not hold and no_value is not given."
        )

    class Output(BlockOutput):
        result: bool = Field(description="Whether the comparison holds.")
        yes_output: Any = Field(description="Emitted when it holds.")
        no_output: Any = Field(description="Emitted when it does not hold.")

    def run(self, data: Input, context: Context) -> Emissions:
        left, right = _comparable(data.value1), _comparable(data.value2)
        try:
            holds = bool(_OPERATORS[data.operator](left, right))
        except TypeError:
            kinds = f"{type(left).__name__} and {type(right).__name__}"
            raise ValueError(f"values of the types {kinds} cannot be compared with {data.operator}") from None
        yield "result", holds
        if holds:
            yield "yes_output", left if data.yes_value is None else data.yes_value
        else:
            missing = left if data.left_when_not else right
            yield "no_output", missing if data.no_value is None else data.no_value


def _comparable(value: Any) -> Any:
    """Text without blanks around it, or the number that it spells."""
    if not isinstance(value, str):
        return value
    try:
        return float(value)
    except ValueError:
        return value.strip()
