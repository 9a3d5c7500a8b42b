"""What a node of type AGENT says about the graph it calls: its pins, its stored inputs, which graph."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.validators import extend

_TYPES: Final = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})
_LENGTHS: Final = frozenset({"minLength", "maxLength", "minItems", "maxItems"})
_BOUNDS: Final = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
_DEEPEST: Final = 30
_WRITTEN: Final = (str, int, float)
# The input nodes of the called graph write numbers and yes or no as text where they want text.
_Validator: Final = extend(  # type: ignore[no-untyped-call] # of jsonschema
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("string", lambda _, value: isinstance(value, _WRITTEN)),
)


@dataclass(frozen=True, slots=True)
class SubAgent:
    """The called graph as its caller sees it: copies of its schemas, taken when the node was made."""

    graph_id: str
    graph_version: int
    inputs: Mapping[str, Any]
    input_names: frozenset[str]
    output_names: frozenset[str]
    required: tuple[str, ...]
    _validator: Draft202012Validator

    def problem(self, data: Mapping[str, Any]) -> str | None:
        """What keeps the called graph from being started with `data`."""
        missing = [name for name in self.required if name not in data]
        if missing:
            return f"missing input: {', '.join(missing)}"
        error = next(self._validator.iter_errors(data), None)
        if error is None:
            return None
        place = ".".join(str(part) for part in error.absolute_path) or "input"
        return f"input data mismatch: {place}: {error.message[:500]}"


def read(constants: Mapping[str, Any]) -> SubAgent:
    """The called graph; whatever is missing or of a wrong type counts as empty (`problems` tells)."""
    schema = _object(constants.get("input_schema"))
    version = constants.get("graph_version")
    return SubAgent(
        graph_id=str(constants.get("graph_id") or ""),
        graph_version=version if isinstance(version, int) and not isinstance(version, bool) else 0,
        inputs=_object(constants.get("inputs")),
        input_names=frozenset(_object(schema.get("properties"))),
        output_names=frozenset(_object(_object(constants.get("output_schema")).get("properties"))),
        required=_names(schema.get("required")),
        _validator=_Validator(_safe(schema)),
    )


def problems(constants: Mapping[str, Any]) -> dict[str, str]:
    """Which constants of the node are of a wrong type: field → message. Missing ones are not looked at."""
    found = {
        name: "This field must be an object."
        for name in ("inputs", "input_schema", "output_schema")
        if constants.get(name) is not None and not isinstance(constants[name], Mapping)
    }
    if not isinstance(constants.get("graph_id", ""), str):
        found["graph_id"] = "This field must be the id of a graph."
    version = constants.get("graph_version", 1)
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        found["graph_version"] = "This field must be the number of a version, 1 or more."
    return found


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _names(value: Any) -> tuple[str, ...]:
    return tuple(name for name in value if isinstance(name, str)) if isinstance(value, list) else ()


def _safe(schema: Any, depth: int = 0) -> dict[str, Any]:
    """The part of a stored schema that can be checked without surprise: files come from strangers, so no references
    (they are fetched), no patterns (they may never end), and no keyword whose value is of a wrong type."""
    if not isinstance(schema, Mapping) or depth > _DEEPEST:
        return {}
    return {word: value for word, stated in schema.items() if (value := _keyword(word, stated, depth)) is not None}


def _keyword(word: str, stated: Any, depth: int) -> Any:
    if word == "properties":
        return {name: _safe(below, depth + 1) for name, below in _object(stated).items()}
    if word == "required":
        return list(_names(stated))
    if word == "items" and isinstance(stated, Mapping):
        return _safe(stated, depth + 1)
    if word in {"anyOf", "oneOf", "allOf"} and isinstance(stated, list) and stated:
        return [_safe(below, depth + 1) for below in stated]
    return stated if _plain(word, stated) else None


def _plain(word: str, stated: Any) -> bool:
    if word == "type":
        kinds = stated if isinstance(stated, list) else [stated]
        return _TYPES.issuperset(map(str, kinds))
    if word == "enum":
        return isinstance(stated, list)
    if isinstance(stated, bool):
        return False
    return (word in _LENGTHS and isinstance(stated, int)) or (word in _BOUNDS and isinstance(stated, int | float))
