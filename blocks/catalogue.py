"""Placeholders: the facts of every known block, installed or not, read from catalogue.json when asked for.

A pin in the file is [name, type, flags, more]: flags are r(equired), a(dvanced), s(ecret), h(idden); a type is a
text such as `array<string>|null` or the number of one in `types`.
"""

import functools
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from blocks import prices
from blocks.sdk.block import credentials_of
from blocks.sdk.kinds import BlockType, Category, Effect, Workload
from blocks.sdk.spec import BlockSpec, InputPin

_FILE = Path(__file__).with_name("catalogue.json")
_BASIC = {"string", "integer", "number", "boolean", "null", "object"}


@functools.cache
def _facts() -> Mapping[str, Any]:
    facts: dict[str, Any] = json.loads(_FILE.read_text("utf-8"))
    facts["blocks"] = {row["id"]: row for row in facts["blocks"]}
    return facts


def known_ids() -> tuple[str, ...]:
    return tuple(_facts()["blocks"])


def placeholder(block_id: str) -> BlockSpec | None:
    """The block as far as it is known; None when nobody knows the id."""
    return _described(block_id) if block_id in _facts()["blocks"] else None


@functools.cache  # known ids only: unknown ones come with requests, without end
def _described(block_id: str) -> BlockSpec:
    row = _facts()["blocks"][block_id]
    inputs, outputs = _input_schema(row["inputs"]), _output_schema(row["outputs"])
    return BlockSpec(
        id=row["id"],
        name=row["name"],
        description=row["description"],
        categories=tuple(Category(name) for name in row["categories"]),
        block_type=BlockType(row["type"]),
        static_output=row.get("static", False),
        disabled=_reason(row, inputs),
        sensitive_action=row.get("sensitive", False),
        workload=Workload.IO,
        effect=Effect.AT_MOST_ONCE,
        costs=prices.listed(row["id"]),
        input_schema=inputs,
        output_schema=outputs,
        inputs=MappingProxyType(_pins(inputs)),
        output_names=frozenset(outputs["properties"]),
        credentials=MappingProxyType(credentials_of(inputs)),
    )


def _reason(row: Mapping[str, Any], inputs: Mapping[str, Any]) -> str:
    sentence = f"{row['name']} is known but not part of this installation"
    if row.get("withdrawn"):
        return f"{sentence}: it has been withdrawn."
    providers = sorted({name for part in credentials_of(inputs).values() for name in part.providers})
    if row["runs"] in ("account", "llm_endpoint") and providers:
        return f"{sentence}; it also needs an account of {' or '.join(providers)}."
    return f"{sentence}." if row["runs"] != "account" else f"{sentence}; it also needs an account of its provider."


def _input_schema(pins: list[list[Any]]) -> dict[str, Any]:
    properties = {pin[0]: _property(pin[1], pin[2], pin[3] if len(pin) > 3 else {}) for pin in pins}
    required = [pin[0] for pin in pins if "r" in pin[2]]
    return {"type": "object", "properties": properties, "required": required}


def _output_schema(pins: list[list[Any]]) -> dict[str, Any]:
    return {"type": "object", "properties": {name: schema_of_text(_spelled(text), {}) for name, text in pins}}


def _property(text: str | int, flags: str, more: Mapping[str, Any]) -> dict[str, Any]:
    schema = schema_of_text(_spelled(text), more)
    schema |= {word: more[word] for word in ("minimum", "maximum", "depends_on", "default") if word in more}
    schema |= {"advanced": "a" in flags, "secret": "s" in flags}
    if "h" in flags:
        schema["hidden"] = True
    if "credentials" in more:
        schema |= _credentials(_facts()["credentials"][more["credentials"]])
    return schema


def _credentials(fact: Mapping[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = {"credentials_provider": fact["providers"], "credentials_types": fact["types"]}
    if "scopes" in fact:
        schema["credentials_scopes"] = fact["scopes"]
    if "discriminator" in fact:
        mapping = _facts()["models"] if fact["discriminator"] == "model" else {}
        schema |= {"discriminator": fact["discriminator"], "discriminator_mapping": mapping}
    return schema


def _spelled(text: str | int) -> str:
    return _facts()["types"][text] if isinstance(text, int) else text


def _pins(schema: Mapping[str, Any]) -> dict[str, InputPin]:
    return {
        name: InputPin(
            name=name,
            schema=part,
            required=name in schema["required"],
            has_default="default" in part,
            default=part.get("default"),
            secret=part["secret"],
            advanced=part["advanced"],
            hidden=part.get("hidden", False),
            depends_on=tuple(part.get("depends_on", ())),
        )
        for name, part in schema["properties"].items()
    }


def schema_of_text(text: str, more: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON schema of a type as the catalogue writes it."""
    members = split(text, "|")
    if len(members) > 1:
        return {"anyOf": [schema_of_text(member, more) for member in members]}
    name, inner = _opened(text)
    if not inner:
        if name in _BASIC:
            return {"type": name}
        # whatever else is anything; so are credentials, which other keywords describe
        return {"enum": more["enum"]} if name == "enum" else {}
    return _FILLED[name](inner, more)


def split(text: str, separator: str) -> list[str]:
    """`text` cut at every separator that stands outside of brackets."""
    parts, depth = [""], 0
    for sign in text:
        depth += (sign in "<{(") - (sign in ">})")
        if sign == separator and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    return parts


def _opened(text: str) -> tuple[str, str]:
    """`array<any>` as ("array", "<any")."""
    name = re.split("[<{(]", text, maxsplit=1)[0]
    return name, text[len(name) : -1]


def _array(inner: str, more: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": schema_of_text(inner[1:], more)}


def _object(inner: str, more: Mapping[str, Any]) -> dict[str, Any]:
    if inner.startswith("{"):
        return {"type": "object", "properties": {key: {} for key in inner[1:].split(",")}}
    return {"type": "object", "additionalProperties": schema_of_text(inner[1:], more)}


_FILLED: dict[str, Callable[[str, Mapping[str, Any]], dict[str, Any]]] = {
    "array": _array,
    "object": _object,
    "string": lambda inner, _more: {"type": "string", "format": inner[1:]},
    "enum": lambda _inner, _more: {"type": "string", "enum": list(_facts()["models"])},
}
