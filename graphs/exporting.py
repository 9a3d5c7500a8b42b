"""A version as a file for others: the format of agent files, without secrets."""

from collections.abc import Mapping
from typing import Any, Final

from blocks import registry
from blocks.sdk.kinds import BlockType
from blocks.sdk.spec import BlockSpec
from graphs import documents, schemas, view, weekdays
from graphs.confidential import is_declared, is_setting, is_telling
from graphs.models import GraphVersion
from graphs.view import NodeView

_SCHEMAS: Final = ("input_schema", "output_schema")


def export(version: GraphVersion) -> dict[str, Any]:
    """The document of the version as others may see it; what is derived from the nodes is derived from what is left."""
    document = documents.document(version)
    graphs = [document, *document["sub_graphs"]]
    left = [_strip(graph) for graph in graphs]
    for graph, nodes in zip(graphs, left, strict=True):
        graph.update(documents.derived(nodes))
    document["user_id"] = ""
    if document["recommended_schedule_cron"]:
        document["recommended_schedule_cron"] = weekdays.named(document["recommended_schedule_cron"])
    document["credentials_input_schema"] = schemas.credentials_schema(node for nodes in left for node in nodes)
    return document


def _strip(graph: dict[str, Any]) -> list[NodeView]:
    """Takes the secrets out of the nodes of a document. The nodes that are left."""
    views = []
    for node in graph["nodes"]:
        spec = registry.get(node["block_id"])
        node["input_default"] = constants_for_others(node["input_default"], spec)
        views.append(view.node_of(node["id"], node["block_id"], node["input_default"], node["metadata"], spec))
    return views


def constants_for_others(constants: Mapping[str, Any], spec: BlockSpec | None) -> dict[str, Any]:
    """The constants of a node without its secrets."""
    if spec is None:
        return _without_secrets(constants)
    left = {
        key: value
        for key, value in constants.items()
        if not is_declared(key, spec) and (is_setting(key, value, spec) or not is_telling(key, value))
    }
    if spec.block_type is BlockType.AGENT:
        return _agent(left)
    if spec.block_type is BlockType.INPUT and left.get("secret") is True:
        left.pop("value", None)
    return {key: _inside(value) for key, value in left.items()}


def _agent(constants: Mapping[str, Any]) -> dict[str, Any]:
    """A sub-agent: names inside the stored schemas are pins, so they stay, but the defaults of secret ones go."""
    schema = constants.get("input_schema")
    pins = schema.get("properties") if isinstance(schema, Mapping) else None
    secret = {name for name, pin in pins.items() if _is_secret(name, pin)} if isinstance(pins, Mapping) else set()
    left = {key: value if key in _SCHEMAS else _inside(value) for key, value in constants.items()}
    if isinstance(left.get("inputs"), Mapping):
        left["inputs"] = {name: value for name, value in left["inputs"].items() if name not in secret}
    if secret and isinstance(schema, Mapping):
        pins = {name: _without_default(pin) if name in secret else pin for name, pin in schema["properties"].items()}
        left["input_schema"] = {**schema, "properties": pins}
    return left | {"user_id": ""}


def _is_secret(name: str, pin: Any) -> bool:
    return (isinstance(pin, Mapping) and pin.get("secret") is True) or is_telling(name)


def _without_default(pin: Any) -> Any:
    return {word: stated for word, stated in pin.items() if word != "default"} if isinstance(pin, Mapping) else pin


def _inside(value: Any) -> Any:
    if isinstance(value, Mapping):
        return _without_secrets(value)
    return [_inside(inner) for inner in value] if isinstance(value, list) else value


def _without_secrets(constants: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _inside(value) for key, value in constants.items() if not is_telling(key, value)}
