"""JSON schemas of pins: made from pydantic models, every reference replaced by what it refers to."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

# keywords whose value maps names of a person's choice to schemas: what stands there is no keyword
_NAMED = frozenset({"properties", "patternProperties"})


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """The schema of `model` with `properties` in the order of declaration and nothing to look up elsewhere."""
    raw = model.model_json_schema(by_alias=True)
    flat: dict[str, Any] = _inlined(raw, raw.pop("$defs", {}), frozenset())
    flat.pop("description", None)  # the docstring of the model is none of the reader's business
    properties = flat.setdefault("properties", {})
    required = {*flat.get("required", []), *_required_credentials(properties)}
    return {**flat, "required": [name for name in properties if name in required]}


def _required_credentials(properties: dict[str, Any]) -> Iterator[str]:
    """Credentials pins are optional for pydantic, because the engine checks them elsewhere."""
    for name, part in properties.items():
        if part.pop("credentials_required", False):
            part.pop("default", None)
            yield name


def _inlined(part: Any, definitions: dict[str, Any], inside: frozenset[str]) -> Any:
    if isinstance(part, list):
        return [_inlined(item, definitions, inside) for item in part]
    if not isinstance(part, dict):
        return part
    flat = {}
    for key, item in part.items():
        if key in _NAMED:
            flat[key] = {name: _inlined(schema, definitions, inside) for name, schema in item.items()}
        elif key == "discriminator" and isinstance(item, dict):
            flat[key] = {"propertyName": item["propertyName"]}  # its mapping would point into $defs
        elif key != "$ref":
            flat[key] = _inlined(item, definitions, inside)
    if "$ref" not in part:
        return flat
    name = str(part["$ref"]).rsplit("/", 1)[-1]
    # a model that contains itself has no finite form: inside of itself it is anything
    found = {} if name in inside else _inlined(definitions[name], definitions, inside | {name})
    return {**found, **flat}
