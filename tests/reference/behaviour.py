"""What the blocks of reference runs do, as plain functions of their input."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

Data = Mapping[str, Any]
Emissions = Iterator[tuple[str, Any]]
Run = Callable[[Data], Emissions]


def emits(pin: str, value: Callable[[Data], Any]) -> Run:
    def run(data: Data) -> Emissions:
        yield pin, value(data)

    return run


def raises(error: Exception, *, before: bool = True) -> Run:
    def run(data: Data) -> Emissions:
        if before:
            yield "out", "before"
        raise error

    return run


# -- Test blocks


def items(data: Data) -> Emissions:
    for item in data["xs"]:
        yield "item", item


def items_with_positions(data: Data) -> Emissions:
    for position, item in enumerate(data["xs"]):
        yield "item", item
        yield "idx", position


def error_output(data: Data) -> Emissions:
    yield "out", "before"
    yield "error", "boom"


def nothing(data: Data) -> Emissions:
    yield from ()


def unless_bad(data: Data) -> Emissions:
    if data["x"] == data["bad"]:
        raise ValueError("refused")
    yield "out", data["x"]


def calls(data: Data) -> Emissions:
    for node, pin, value in data["calls"]:
        yield f"tools_^_{node}_~_{pin}", value
    yield "finished", "done"


# -- Built-in blocks


def graph_input(data: Data) -> Emissions:
    if data["value"] is not None:
        yield "result", data["value"]


def graph_output(data: Data) -> Emissions:
    if data["format"]:
        yield "output", filled(data["format"], {data["name"]: data["value"]})
    else:
        yield "output", data["value"]
        yield "name", data["name"]


def filled(template: str, values: Data) -> str:
    """The little of the template language that tests need: {{name}}."""
    return re.sub(r"{{(\w+)}}", lambda found: str(values.get(found[1], "")), template)


def _number(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return float(value)
    except ValueError:
        return value.strip()


def condition(data: Data) -> Emissions:
    left, right = _number(data["value1"]), _number(data["value2"])
    compare: dict[str, Callable[[], bool]] = {
        "==": lambda: left == right,
        "!=": lambda: left != right,
        ">": lambda: left > right,
        "<": lambda: left < right,
        ">=": lambda: left >= right,
        "<=": lambda: left <= right,
    }
    holds = bool(compare[data["operator"]]())
    yield "result", holds
    if holds:
        yield "yes_output", left if data["yes_value"] is None else data["yes_value"]
    else:
        yield "no_output", right if data["no_value"] is None else data["no_value"]


def calculated(data: Data) -> float:
    a, b = data["a"], data["b"]
    return float({"Add": a + b, "Subtract": a - b, "Multiply": a * b}[data["operation"]])


def found_entry(data: Data) -> Emissions:
    place, key = data["input"], data["key"]
    yield ("output", place[key]) if key in place else ("missing", place)


def stepped_through(data: Data) -> Emissions:
    for key, item in [*enumerate(data["items"]), *data["items_object"].items()]:
        yield "item", item
        yield "key", key


def printed(data: Data) -> Emissions:
    yield "output", data["text"]
    yield "status", "printed"


# Every block that is not listed emits `out`, its `x`.
echo: Final = emits("out", lambda data: data["x"])
BEHAVIOUR: Final[Mapping[str, Run]] = {
    "Pair": emits("out", lambda data: [data["a"], data["b"]]),
    "PairO": emits("out", lambda data: [data["a"], data["b"]]),
    "Tri": emits("out", lambda data: [data["a"], data["b"], data["c"]]),
    "Multi": items,
    "Ticker": items,
    "Two": items_with_positions,
    "Sleep": emits("out", lambda data: data["t"]),
    "Err": error_output,
    "Val": raises(ValueError("bad value")),
    "Rt": raises(RuntimeError("kaput")),
    "EmptyVal": raises(ValueError("")),
    "EmptyRt": raises(RuntimeError(""), before=False),
    "ErrNull": emits("error", lambda data: None),
    "FailIf": unless_bad,
    "Nil": emits("out", lambda data: None),
    "Quiet": nothing,
    "BadType": emits("num", lambda data: "notanumber"),
    "BadPin": emits("nope", lambda data: 1),
    "AITool": calls,
    "FakeTool": calls,
    "AgentInput": graph_input,
    "AgentShortTextInput": graph_input,
    "AgentNumberInput": graph_input,
    "AgentToggleInput": graph_input,
    "AgentOutput": graph_output,
    "StoreValue": emits("output", lambda data: data["data"] or data["input"]),
    "PrintToConsole": printed,
    "Condition": condition,
    "Calculator": emits("result", calculated),
    "CountItems": emits("count", lambda data: len(data["collection"])),
    "StepThroughItems": stepped_through,
    "CreateDictionary": emits("dictionary", lambda data: data["values"]),
    "FindInDictionary": found_entry,
    "CreateList": emits("list", lambda data: data["values"]),
    "FillTextTemplate": emits("output", lambda data: filled(data["format"], data["values"])),
}
