"""Names of pins: parts of a value are taken from an output and assembled into an input by the names of links.

`base_$_0` is a slot of a list, `base_#_key` an entry of a dictionary, `base_@_name` an attribute of an object; they may
be chained. `tools_^_{node}_~_{pin}` addresses one input pin of one node.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, TypeAlias

Step: TypeAlias = tuple[str, str]  # what kind of part (one of $ # @), and which one

TOOLS: Final = "tools"
MAX_PARTS: Final = 100
MAX_SLOTS: Final = 100_000  # list slots that the names of one input may add together
_TOOL_PREFIX: Final = "tools_^_"
_TOOL_PIN: Final = "_~_"
_MEMORABLE: Final = 200  # longer names are not kept in memory
_DELIMITER: Final = re.compile(r"_([$#@])_")
_INDEX: Final = re.compile(r"-?[0-9]{1,9}", re.ASCII)


class PinError(ValueError):
    """A value has no place where the name of a pin points to."""


class Attributes(dict[str, Any]):
    """An object built from `_@_` pins. It is stored and shown like any JSON object; only `_@_` reads attributes."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


def base_name(pin: str) -> str:
    """The pin that a block declares: `values_#_a` belongs to `values`, every tool pin to `tools`."""
    if pin.startswith(_TOOL_PREFIX):
        return TOOLS
    return _DELIMITER.split(pin, maxsplit=1)[0]


def is_tool(pin: str) -> bool:
    """Is this the output pin through which a block calls other nodes?"""
    return pin == TOOLS or pin.startswith(_TOOL_PREFIX)


def is_dynamic(pin: str) -> bool:
    """Does the name point into a value, instead of at a whole one?"""
    return bool(parts(pin)[1])


def parts(pin: str) -> tuple[str, tuple[Step, ...]]:
    """The base of a name and the way from there; no way at all when the name is incomplete (`values_#_`)."""
    return _remembered(pin) if len(pin) <= _MEMORABLE else _taken_apart(pin)


def _taken_apart(pin: str) -> tuple[str, tuple[Step, ...]]:
    pieces = _DELIMITER.split(pin)
    if len(pieces) == 1 or not pieces[0] or not all(pieces[2::2]):
        return pin, ()
    return pieces[0], tuple(zip(pieces[1::2], pieces[2::2], strict=True))


_remembered = lru_cache(maxsize=4096)(_taken_apart)


# -- Output side


def select(name: str, value: Any, source_name: str, sink_id: Any, sink_pin: str) -> Any:
    """What a link from `source_name` carries when its source emitted `value` as `name`; None when it carries nothing.

    None is also the answer for a null that was emitted: the caller delivers it when `name` is exactly `source_name`."""
    if name.startswith(_TOOL_PREFIX) and is_tool(source_name):
        return value if _addresses(name, sink_id, sink_pin) else None
    if name == source_name:
        return value
    if not source_name.startswith(name):
        return None
    rest = source_name[len(name) :]
    base, steps = parts(f"x{rest}")
    return _walk(value, steps) if base == "x" and steps else None


def _addresses(name: str, sink_id: Any, sink_pin: str) -> bool:
    if not sink_id or not sink_pin:
        raise PinError("The node and the pin at the end of the link must be provided for tool pin routing.")
    node_id, _, pin = name.removeprefix(_TOOL_PREFIX).partition(_TOOL_PIN)
    return node_id == str(sink_id) and pin == sink_pin


def _walk(value: Any, steps: tuple[Step, ...]) -> Any:
    for kind, part in steps:
        if kind == "$":
            value = _element(value, part)
        elif kind == "#":
            value = value.get(part) if isinstance(value, dict) else None
        else:
            value = _attribute(value, part)
        if value is None:
            return None
    return value


def _element(value: Any, part: str) -> Any:
    if not isinstance(value, list):
        return None
    index = _whole(part)
    if index < -len(value):
        raise PinError(f"List index {index} is out of range: the list has {len(value)} elements.")
    return value[index] if index < len(value) else None


def _attribute(value: Any, part: str) -> Any:
    if isinstance(value, Attributes):
        return value.get(part)
    # Plain data has no attributes of its own, and names like __class__ lead out of the value.
    if part.startswith("_") or value is None or isinstance(value, dict | list | tuple | str | int | float):
        return None
    return getattr(value, part, None)


def _whole(part: str) -> int:
    if not _INDEX.fullmatch(part):
        raise PinError(f"A list index must be an integer, not {part[:40]!r}.")
    return int(part)


# -- Input side


def merge(data: Mapping[str, Any]) -> dict[str, Any]:
    """The data with every `base_$_0`, `base_#_key`, `base_@_name` assembled into `base`; the flat names stay visible.

    Names are taken in their order: what was assembled before is replaced by a `base` that comes after it, and is the
    content to which later parts are added. Nothing in `data` is changed."""
    assembly = _Assembly()
    merged: dict[str, Any] = {}
    for pin, value in data.items():
        base, steps = parts(pin)
        merged[pin] = value
        if steps:
            merged[base] = assembly.put(merged.get(base), steps, value)
    return merged


class _Assembly:
    """Adds parts to containers. Each is copied the first time it is touched, so a thousand parts cost one copy."""

    def __init__(self) -> None:
        self._own: set[int] = set()
        self._slots = 0

    def put(self, root: Any, steps: tuple[Step, ...], value: Any) -> Any:
        if len(steps) > MAX_PARTS:
            raise PinError(f"A pin name has {len(steps)} parts; at most {MAX_PARTS} are possible.")
        kind, part = steps[0]
        root = here = self._container(root, kind)
        for next_kind, next_part in steps[1:]:
            key = self._key(here, kind, part)
            below = here[key] if isinstance(here, list) else here.get(key)
            here[key] = self._container(below, next_kind)
            here, kind, part = here[key], next_kind, next_part
        here[self._key(here, kind, part)] = value
        return root

    def _container(self, value: Any, kind: str) -> Any:
        """`value` as a container for parts of this kind, safe to change."""
        wanted: type[Any] = {"$": list, "#": dict, "@": Attributes}[kind]
        if type(value) is wanted and id(value) in self._own:
            return value
        container = wanted(value) if _fits(value, kind) else wanted()
        self._own.add(id(container))
        return container

    def _key(self, container: Any, kind: str, part: str) -> Any:
        if kind != "$":
            return part
        index = _whole(part)
        if index < 0:
            raise PinError(f"A list index of an input must not be negative: {index}.")
        missing = index + 1 - len(container)
        if missing > 0:
            self._slots += missing
            if self._slots > MAX_SLOTS:
                raise PinError(f"The list indexes of the pins need more than {MAX_SLOTS} new list slots.")
            container.extend([None] * missing)
        return index


def _fits(value: Any, kind: str) -> bool:
    """Is the value a starting point? Text and dictionaries become the list of their characters or keys."""
    if kind == "$":
        return isinstance(value, list | tuple | str | dict)
    if kind == "#":
        return isinstance(value, dict) and not isinstance(value, Attributes)
    return isinstance(value, Attributes)
