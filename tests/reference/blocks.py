"""The blocks that reference runs know: their pins, for test blocks as the conformance suite publishes them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin

from tests.reference.behaviour import BEHAVIOUR, Run, echo

KINDS: Final[Mapping[str, Any]] = {
    "any": Any,
    "int": int,
    "number": float,
    "string": str,
    "boolean": bool,
    "list": list[Any],
    "list[int]": list[int],
    "list[string]": list[str],
    "object": dict[str, Any],
    "object[string,int]": dict[str, int],
    "int|null": int | None,
    "int|string": int | str,
    "string|null": str | None,
    "comparison": Literal["==", "!=", ">", "<", ">=", "<="],
    "operation": Literal["Add", "Subtract", "Multiply", "Divide", "Power"],
}


@dataclass(frozen=True)
class Pin:
    kind: Any
    required: bool = True
    default: Any = None


@dataclass(frozen=True)
class Block:
    """`inputs` without the credentials; `keyed`: it has some."""

    id: str
    name: str
    type: str
    static_output: bool
    inputs: Mapping[str, Pin]
    outputs: Mapping[str, Any]
    run: Run
    keyed: bool = False


def fits(value: Any, kind: Any) -> bool:
    """Does a value, converted before, have the type of a pin?"""
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is Any or origin is Literal:
        return kind is Any or value in arguments
    if origin is list:
        return isinstance(value, list) and all(fits(item, arguments[0]) for item in value)
    if origin is dict:
        return isinstance(value, dict) and all(fits(item, arguments[1]) for item in value.values())
    if arguments:
        return any(fits(value, member) for member in arguments)
    if isinstance(value, bool) and kind is not bool:
        return False
    return isinstance(value, int | float if kind is float else kind)


# name → inputs (kind, and the default after "="), outputs
_BUILT_IN: Final[Mapping[str, tuple[Mapping[str, str], Mapping[str, str]]]] = {
    "AgentInput": ({"name": "string", "value": "any=null", "title": "string|null=null"}, {"result": "any"}),
    "AgentShortTextInput": ({"name": "string", "value": "string|null=null"}, {"result": "string"}),
    "AgentNumberInput": ({"name": "string", "value": "int|null=null"}, {"result": "int"}),
    "AgentToggleInput": ({"name": "string", "value": "boolean=false"}, {"result": "boolean"}),
    "AgentOutput": (
        {"name": "string", "value": "any=null", "title": "string|null=null", "format": 'string=""'},
        {"output": "any", "name": "any"},
    ),
    "Note": ({"text": 'string=""'}, {}),
    "StoreValue": ({"input": "any", "data": "any=null"}, {"output": "any"}),
    "PrintToConsole": ({"text": "any"}, {"output": "any", "status": "string"}),
    "Condition": (
        {
            "value1": "any",
            "operator": "comparison",
            "value2": "any",
            "yes_value": "any=null",
            "no_value": "any=null",
        },
        {"result": "boolean", "yes_output": "any", "no_output": "any"},
    ),
    "Calculator": ({"operation": "operation", "a": "number", "b": "number"}, {"result": "number"}),
    "CountItems": ({"collection": "any"}, {"count": "int"}),
    "StepThroughItems": ({"items": "list=[]", "items_object": "object={}"}, {"item": "any", "key": "any"}),
    "CreateDictionary": ({"values": "object"}, {"dictionary": "object"}),
    "FindInDictionary": ({"input": "any", "key": "string"}, {"output": "any", "missing": "any"}),
    "CreateList": ({"values": "list"}, {"list": "list"}),
    "FillTextTemplate": ({"values": "object", "format": "string"}, {"output": "string"}),
}


def _pin(stated: str) -> Pin:
    kind, given, default = stated.partition("=")
    return Pin(KINDS[kind], not given, json.loads(default) if given else None)


def _built_in(name: str, stated: Mapping[str, Any]) -> Block:
    inputs, outputs = _BUILT_IN[name]
    error = {"error": str} if stated["block_type"] == "STANDARD" else {}
    return Block(
        id=stated["id"],
        name=name,
        type=stated["block_type"],
        static_output=stated["static_output"],
        inputs={pin: _pin(one) for pin, one in inputs.items()},
        outputs={pin: KINDS[one] for pin, one in outputs.items()} | error,
        run=BEHAVIOUR.get(name, echo),
    )


def _of_suite(name: str, stated: Mapping[str, Any]) -> Block:
    fields = {pin: one for pin, one in stated["input"].items() if one["type"] != "credentials"}
    return Block(
        id=stated["id"],
        name=name,
        type=stated["block_type"],
        static_output=stated["static_output"],
        inputs={pin: Pin(KINDS[one["type"]], one["required"], one.get("default")) for pin, one in fields.items()},
        outputs={pin: KINDS[one["type"]] for pin, one in stated["output"].items()},
        run=BEHAVIOUR.get(name, echo),
        keyed=len(fields) < len(stated["input"]),
    )


_PUBLISHED: Final = json.loads((Path(__file__).parents[1] / "conformance" / "blocks.json").read_text())
BLOCKS: Final[Mapping[str, Block]] = {
    **{name: _of_suite(name, stated) for name, stated in _PUBLISHED["test_blocks"].items()},
    **{name: _built_in(name, stated) for name, stated in _PUBLISHED["builtin_blocks"].items() if name in _BUILT_IN},
}
BY_ID: Final[Mapping[str, Block]] = {block.id: block for block in BLOCKS.values()}
