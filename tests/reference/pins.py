"""Names of pins as the specification explains them (2.8), written to be read, not to be fast."""

import re
from typing import Any

Step = tuple[str, str]


class Unusable(ValueError):
    """A value has no place where the name of a pin points to."""


class Bag(dict[str, Any]):
    """What `_@_` pins build: it has attributes, and is a JSON object wherever it is stored."""


def split(name: str) -> tuple[str, list[Step]]:
    """`x_#_k_$_0` → x, [(#, k), ($, 0)]. A name with an empty part is a name like any other."""
    base, *rest = re.split(r"_([$#@])_", name)
    if not base or "" in rest:
        return name, []
    return base, list(zip(rest[::2], rest[1::2], strict=True))


def select(emitted: str, value: Any, source_name: str, sink: str, sink_name: str) -> Any:
    """What a link carries of an output; None for nothing."""
    if emitted.startswith("tools_^_"):
        is_tool_link = source_name == "tools" or source_name.startswith("tools_^_")
        return value if is_tool_link and emitted == f"tools_^_{sink}_~_{sink_name}" else None
    if emitted == source_name:
        return value
    base, steps = split(source_name)
    emitted_base, emitted_steps = split(emitted)
    if base != emitted_base or steps[: len(emitted_steps)] != emitted_steps:
        return None
    for kind, part in steps[len(emitted_steps) :]:
        value = _part(value, kind, part)
    return value


def _part(value: Any, kind: str, part: str) -> Any:
    if kind == "$" and isinstance(value, list):
        index = int(part)
        if index < -len(value):
            raise Unusable(f"no element {index} in {len(value)}")
        return value[index] if index < len(value) else None
    if (kind == "#" and isinstance(value, dict)) or (kind == "@" and isinstance(value, Bag)):
        return value.get(part)
    return None


def merge(data: dict[str, Any]) -> dict[str, Any]:
    """Dynamic names assembled into their base fields, in their order; they stay visible themselves."""
    merged: dict[str, Any] = {}
    for name, value in data.items():
        base, steps = split(name)
        merged[name] = value
        if steps:
            merged[base] = _put(merged.get(base), steps, value)
    return merged


def _put(place: Any, steps: list[Step], value: Any) -> Any:
    """A copy of `place` in which the way `steps` leads to `value`. The last kind of part decides what `place` is."""
    if not steps:
        return value
    (kind, part), rest = steps[0], steps[1:]
    if kind == "$":
        items = list(place) if isinstance(place, list | str | dict) else []
        index = int(part)
        if index < 0:
            raise Unusable(f"negative index {index}")
        items += [None] * (index + 1 - len(items))
        items[index] = _put(items[index], rest, value)
        return items
    wanted = Bag if kind == "@" else dict
    entries = wanted(place) if type(place) is wanted else wanted()
    entries[part] = _put(entries.get(part), rest, value)
    return entries
