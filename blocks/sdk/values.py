"""Makes whatever a block emits plain JSON."""

import base64
import dataclasses
import json
import math
from collections.abc import Mapping, Set
from datetime import date, time
from enum import Enum
from typing import Any

from pydantic import BaseModel

from blocks.sdk.errors import text_of

# Deeper values would break whoever encodes them next (the recursion limit of Python's JSON encoder).
MAX_DEPTH = 200
TOO_DEEP = f"a value is nested more than {MAX_DEPTH} levels deep"

_SCALARS = (str, int, bool, type(None))


def finite(number: float) -> float | str:
    """JSON knows no NaN and no infinity; they travel as the texts NaN, Infinity and -Infinity."""
    if math.isfinite(number):
        return number
    if math.isnan(number):
        return "NaN"
    return "Infinity" if number > 0 else "-Infinity"


def same(one: Any, other: Any) -> bool:
    """Equality of JSON: 5 is 5.0 and true is not 1, at any depth."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return bool(one == other)


def identity(value: Any) -> str:
    """A text that values share only when they are the same: the key of a dictionary that looks for duplicates."""
    try:
        return json.dumps(_countable(value), sort_keys=True)
    except RecursionError:
        raise ValueError(TOO_DEEP) from None


def _countable(value: Any) -> Any:
    """5 and 5.0 are one number and have one text."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_countable(item) for item in value]
    if isinstance(value, dict):
        return {key: _countable(item) for key, item in value.items()}
    return value


def to_json(value: Any) -> Any:
    """`value` as plain JSON that shares nothing with the original; ValueError when it is nested too deeply."""
    kind = type(value)
    if kind in _SCALARS:
        return value
    if kind is float:
        return finite(value)
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return _plain(value, 0)
    # only a text with that many brackets can be too deep, so the slow walk is rarely taken
    if text.count("[") + text.count("{") > MAX_DEPTH:
        return _plain(value, 0)
    return json.loads(text)


def _plain(value: Any, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise ValueError(TOO_DEEP)
    if value is None or isinstance(value, (str, int, float)):
        return _scalar(value)
    if isinstance(value, Mapping):
        return {_key(key): _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, depth + 1) for item in value]
    return _plain_object(value, depth)


def _scalar(value: Any) -> Any:
    """Without what a subclass adds: a text is text, a member of an enum of numbers is its number."""
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, float):
        return finite(float(value))
    return int(value) if isinstance(value, int) else str(value)


def _plain_object(value: Any, depth: int) -> Any:
    if isinstance(value, Enum):
        return _plain(value.value, depth + 1)
    if isinstance(value, Set):
        return [_plain(item, depth + 1) for item in _ordered(value)]
    if isinstance(value, (date, time)):  # datetime is a date
        return value.isoformat()
    names = _field_names(value)
    if names is not None:
        return _plain({name: getattr(value, name) for name in names}, depth)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64.b64encode(value).decode("ascii")
    return text_of(value)


def _field_names(value: Any) -> list[str] | None:
    if isinstance(value, BaseModel):
        return list(type(value).model_fields)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [part.name for part in dataclasses.fields(value)]
    return None


def _ordered(value: Set[Any]) -> list[Any]:
    """A set in an order that is the same in every process, so that a repeated call emits the same value."""
    try:
        return sorted(value)
    except TypeError:
        return sorted(value, key=text_of)


def _key(key: Any) -> str:
    if isinstance(key, Enum):
        key = key.value
    if isinstance(key, str):
        return str(key)
    if key is None or isinstance(key, (bool, int, float)):
        return json.dumps(key)
    return text_of(key)
