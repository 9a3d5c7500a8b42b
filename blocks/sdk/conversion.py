"""Turns a value into what a pin declares, by the pin's annotation, before the input is checked."""

import json
import types
from collections.abc import Callable
from typing import Annotated, Any, Union, get_args, get_origin

from blocks.sdk.errors import ConversionError
from blocks.sdk.values import TOO_DEEP, finite, to_json

Converter = Callable[[Any], Any]


def convert(value: Any, annotation: Any) -> Any:
    """`value` as `annotation` asks; what has no sensible conversion is left alone or becomes 0, [x] or {"value": x}."""
    converter = converter_for(annotation)
    return value if converter is None else converter(value)


def converter_for(annotation: Any) -> Converter | None:
    """The conversion that `annotation` stands for; None for Any, enums, literals and classes: nothing to do."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return converter_for(arguments[0])
    if origin in (Union, types.UnionType):
        return _union(arguments)
    kind = origin or annotation
    if kind is dict:
        return _dictionary(arguments)
    if kind in (list, tuple, set, frozenset):
        return _collection(kind, arguments)
    return _SCALARS.get(kind) if isinstance(kind, type) else None


def parse(text: str) -> Any:
    """The JSON in `text`; ValueError when it is none. NaN and Infinity are no JSON."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise ValueError(TOO_DEEP) from None


def to_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (bytes, bytearray)):
        raise ConversionError("bytes cannot become text")
    try:
        return json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        try:
            return json.dumps(to_json(value))
        except ValueError as wrong:
            raise ConversionError(str(wrong)) from None


def to_whole(value: Any) -> Any:
    if isinstance(value, int):  # true and false stay what they are: the check refuses them
        return value
    if isinstance(value, (list, dict, tuple, set, frozenset)):
        return len(value)
    try:
        if isinstance(value, str):
            try:
                return int(value)
            except ValueError:
                return int(float(value))
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return 0


def to_number(value: Any) -> Any:
    if isinstance(value, (list, dict, tuple, set, frozenset)):
        return float(len(value))
    try:
        return finite(float(value))
    except (TypeError, ValueError, OverflowError):
        return 0.0


def to_truth(value: Any) -> bool:
    if isinstance(value, str):
        return value.lower() in ("true", "1")
    return bool(value)


def says_nothing(text: str, value: Any) -> bool:
    """The text became 0 or false only because it is no number and no yes or no: worth a note, and no error."""
    if value is False:
        return text.strip().lower() not in _NO
    if type(value) not in (int, float) or value:
        return False
    try:
        float(text)
    except ValueError:
        return True
    return False


def to_list(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    if isinstance(value, (tuple, set, frozenset)):
        return list(value)
    if isinstance(value, dict):
        return [[key, item] for key, item in value.items()]
    if isinstance(value, str):
        return _listed(value)
    return [value]


def to_dictionary(value: Any) -> dict[Any, Any]:
    if isinstance(value, dict):
        return value
    if isinstance(value, (list, tuple, set, frozenset)):
        return dict(enumerate(value))
    if isinstance(value, str):
        try:
            parsed = parse(value)
        except ValueError:
            return {"value": value}
        return parsed if isinstance(parsed, dict) else {"value": parsed}
    return {"value": value}


_NO = frozenset({"", "0", "false", "no", "off"})
_SCALARS: dict[Any, Converter] = {str: to_text, int: to_whole, float: to_number, bool: to_truth}


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def _listed(text: str) -> list[Any]:
    bare = text.strip()
    if bare.startswith("[") and bare.endswith("]"):
        try:
            parsed = parse(bare)
        except ValueError:
            return [text]
        if isinstance(parsed, list):
            return parsed
    return [text]


def _union(members: tuple[Any, ...]) -> Converter | None:
    converters = [converter_for(member) for member in members if member is not type(None)]
    if not converters or converters[0] is None:
        return None

    def to_first(value: Any) -> Any:
        if value is None:
            return None
        for converter in converters:
            if converter is None:
                return value
            try:
                return converter(value)
            except ConversionError as wrong:
                failure = wrong
        raise failure

    return to_first


def _collection(kind: Any, arguments: tuple[Any, ...]) -> Converter:
    """Lists, tuples and sets stay JSON lists here; the typed input turns them into what the block declares."""
    fixed = kind is tuple and arguments and arguments[-1] is not Ellipsis
    elements = [converter_for(argument) for argument in arguments if argument is not Ellipsis]
    if not any(elements):
        return to_list

    def to_elements(value: Any) -> list[Any]:
        found = to_list(value)
        if not fixed:
            each = elements[0]
            return found if each is None else [each(item) for item in found]
        places = elements + [None] * (len(found) - len(elements))
        return [item if place is None else place(item) for place, item in zip(places, found, strict=False)]

    return to_elements


def _dictionary(arguments: tuple[Any, ...]) -> Converter:
    key, item = (converter_for(argument) for argument in arguments) if arguments else (None, None)
    if key is None and item is None:
        return to_dictionary

    def to_entries(value: Any) -> dict[Any, Any]:
        return {
            (name if key is None else key(name)): (part if item is None else item(part))
            for name, part in to_dictionary(value).items()
        }

    return to_entries
