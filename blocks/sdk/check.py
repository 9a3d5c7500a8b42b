"""Compiles a JSON schema into a function that says what is wrong with a value, in words, or None.

Tasks call this for every input and output, so the keywords that pins use are compiled to closures; a schema
with any other keyword is checked by the jsonschema library, which is also what the tests compare the closures with.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jsonschema

from blocks.sdk.brief import brief
from blocks.sdk.values import same

Check = Callable[[Any], str | None]
Schema = Mapping[str, Any]
AnySchema = Schema | bool

# How numbers that JSON does not know are written (blocks.sdk.values.finite); a number pin takes them.
NOT_FINITE = frozenset({"NaN", "Infinity", "-Infinity"})

# fmt: off
_COMPILED = frozenset((
    "type", "properties", "required", "items", "additionalProperties", "anyOf", "oneOf", "enum", "const", "minimum",
    "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "minItems", "maxItems",
))
_ASKS = _COMPILED | frozenset((
    "$ref", "$dynamicRef", "allOf", "not", "if", "then", "else", "pattern", "patternProperties", "prefixItems",
    "contains", "uniqueItems", "multipleOf", "dependentRequired", "dependentSchemas", "propertyNames",
    "minProperties", "maxProperties", "unevaluatedItems", "unevaluatedProperties",
))
# fmt: on
_NAMES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


def compiled(schema: AnySchema) -> Check | None:
    """The check of `schema`; None when it accepts everything."""
    if isinstance(schema, bool):
        return None if schema else _nothing
    asked = _ASKS & schema.keys()
    if not asked:
        return None
    if not asked <= _COMPILED:
        return _by_library(schema)
    parts = [check for make in _MAKERS if (check := make(schema)) is not None]
    return _all(parts) if parts else None


def _nothing(value: Any) -> str | None:
    return f"{brief(value)} is not accepted here"


def _all(parts: Sequence[Check]) -> Check:
    if len(parts) == 1:
        return parts[0]

    def every(value: Any) -> str | None:
        for part in parts:
            problem = part(value)
            if problem is not None:
                return problem
        return None

    return every


def _is_whole(value: Any) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and value.is_integer())


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return value in NOT_FINITE
    return isinstance(value, (int, float)) and not isinstance(value, bool)


# JSON Schema's idea of types: true is no number, 1.0 is a whole number
_KINDS: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": _is_whole,
    "number": _is_number,
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "null": lambda value: value is None,
}


def _type(schema: Schema) -> Check | None:
    names = schema.get("type")
    if names is None:
        return None
    allowed = [names] if isinstance(names, str) else list(names)
    wanted = " or ".join(_NAMES.get(name, str(name)) for name in allowed)
    kinds = [_KINDS[name] for name in allowed]
    only = kinds[0]

    def check(value: Any) -> str | None:
        if only(value) or any(kind(value) for kind in kinds):
            return None
        return f"{brief(value)} is not {wanted}"

    return check


def _choices(schema: Schema) -> Check | None:
    if "enum" not in schema and "const" not in schema:
        return None
    allowed = list(schema.get("enum", [schema.get("const")]))
    shown = ", ".join(brief(choice) for choice in allowed[:10]) + (", …" if len(allowed) > 10 else "")

    def check(value: Any) -> str | None:
        if any(same(value, choice) for choice in allowed):
            return None
        return f"{brief(value)} is none of {shown}"

    return check


def _bounds(schema: Schema) -> Check | None:
    rules = [(word, schema[word], fails) for word, fails in _BOUNDS.items() if word in schema]
    if not rules:
        return None

    def check(value: Any) -> str | None:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return None
        broken = (f"{brief(value)} breaks {word} {bound}" for word, bound, fails in rules if fails(value, bound))
        return next(broken, None)

    return check


_BOUNDS: dict[str, Callable[[Any, Any], bool]] = {
    "minimum": lambda value, bound: value < bound,
    "maximum": lambda value, bound: value > bound,
    "exclusiveMinimum": lambda value, bound: value <= bound,
    "exclusiveMaximum": lambda value, bound: value >= bound,
}


def _lengths(schema: Schema) -> Check | None:
    rules = [(kind, word, schema[word]) for word, kind in _LENGTHS.items() if word in schema]
    if not rules:
        return None

    def check(value: Any) -> str | None:
        for kind, word, bound in rules:
            if isinstance(value, kind) and (len(value) < bound if word.startswith("min") else len(value) > bound):
                return f"{brief(value)} breaks {word} {bound}"
        return None

    return check


_LENGTHS: dict[str, type[str] | type[list[Any]]] = {
    "minLength": str,
    "maxLength": str,
    "minItems": list,
    "maxItems": list,
}


def _items(schema: Schema) -> Check | None:
    each = compiled(schema.get("items", True))
    if each is None:
        return None

    def check(value: Any) -> str | None:
        if isinstance(value, list):
            for place, item in enumerate(value):
                problem = each(item)
                if problem is not None:
                    return f"element {place}: {problem}"
        return None

    return check


def _properties(schema: Schema) -> Check | None:
    named = {name: compiled(part) for name, part in schema.get("properties", {}).items()}
    required = tuple(schema.get("required", ()))
    others = compiled(schema.get("additionalProperties", True))
    if not any(named.values()) and not required and others is None:
        return None

    def check(value: Any) -> str | None:
        if not isinstance(value, dict):
            return None
        for name in required:
            if name not in value:
                return f"{brief(name)} is missing"
        for name, item in value.items():
            part = named.get(name, others)
            problem = None if part is None else part(item)
            if problem is not None:
                return f"{brief(name)}: {problem}"
        return None

    return check


def _any_of(schema: Schema) -> Check | None:
    if "anyOf" not in schema:
        return None
    parts = [compiled(part) for part in schema["anyOf"]]
    if None in parts:
        return None

    def check(value: Any) -> str | None:
        problems = []
        for part in parts:
            problem = part(value) if part else None
            if problem is None:
                return None
            problems.append(problem)
        return "; ".join(dict.fromkeys(problems))

    return check


def _one_of(schema: Schema) -> Check | None:
    if "oneOf" not in schema:
        return None
    parts = [compiled(part) or _anything for part in schema["oneOf"]]

    def check(value: Any) -> str | None:
        problems = [problem for part in parts if (problem := part(value)) is not None]
        if len(parts) - len(problems) == 1:
            return None
        return "; ".join(dict.fromkeys(problems)) or f"{brief(value)} fits more than one of the allowed shapes"

    return check


def _anything(_value: Any) -> str | None:
    return None


_Library = jsonschema.validators.extend(  # type: ignore[no-untyped-call]
    jsonschema.Draft202012Validator,
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine("number", lambda _, value: _is_number(value)),
)


def _by_library(schema: Schema) -> Check:
    validator = _Library(schema)

    def check(value: Any) -> str | None:
        try:
            error = next(validator.iter_errors(value), None)
        except RecursionError:
            return f"{brief(value)} is nested too deeply"
        if error is None:
            return None
        where = "".join(f"{brief(part)}: " for part in error.absolute_path)
        return f"{where}{brief(error.instance)} breaks {error.validator} {brief(error.validator_value)}"

    return check


_MAKERS: tuple[Callable[[Schema], Check | None], ...] = (
    _type,
    _choices,
    _bounds,
    _lengths,
    _items,
    _properties,
    _any_of,
    _one_of,
)
