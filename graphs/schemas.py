"""What a graph asks for and gives, derived from its nodes: the schemas of its inputs, outputs and credentials."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from blocks.sdk.kinds import BlockType
from blocks.sdk.spec import CredentialsField
from graphs.view import NodeView

# What describes the field of the block itself; the node says its own.
_OF_THE_BLOCK: Final = frozenset({"advanced", "default", "description", "hidden", "placeholder", "secret", "title"})


def input_schema(nodes: Iterable[NodeView]) -> dict[str, Any]:
    """One property for each graph input, in the order of the nodes; the later of two with one name counts."""
    return _schema(node for node in nodes if node.type is BlockType.INPUT)


def output_schema(nodes: Iterable[NodeView]) -> dict[str, Any]:
    return _schema(node for node in nodes if node.type is BlockType.OUTPUT)


def _schema(nodes: Iterable[NodeView]) -> dict[str, Any]:
    named = {node.public_name: node for node in nodes if node.public_name is not None}
    return {
        "type": "object",
        "properties": {name: _property(node) for name, node in named.items()},
        "required": [name for name, node in named.items() if node.constants.get("value") is None],
    }


def _property(node: NodeView) -> dict[str, Any]:
    constants = node.constants
    pin = node.spec.inputs.get("value") if node.spec else None
    value = constants.get("value")
    schema = {word: stated for word, stated in (pin.schema if pin else {}).items() if word not in _OF_THE_BLOCK}
    schema["secret"] = bool(constants.get("secret"))
    schema["advanced"] = bool(constants.get("advanced")) and value is not None
    schema["title"] = constants.get("title") or constants["name"]
    if constants.get("description"):
        schema["description"] = constants["description"]
    if value is not None:
        schema["default"] = value
    options = constants.get("placeholder_values")
    if options and isinstance(options, list):
        schema["enum"] = options
    return schema


# -- Credentials


class Wanted(NamedTuple):
    """One credentials field of one node."""

    node: NodeView
    field: CredentialsField
    providers: tuple[str, ...]  # those that serve the node as it is set
    told_by: Any  # the value that decided between providers, or the address of a host
    host: str

    @property
    def optional(self) -> bool:
        return is_optional(self.node) or not self.field.required

    @property
    def key(self) -> str:
        """The name under which a run supplies the credential: fields that take the same ones share it."""
        kinds = ["-".join(sorted(self.providers)), "-".join(sorted(self.field.types))]
        return "_".join([*kinds, *([self.host] if self.host else []), "credentials"])


@dataclass(slots=True)
class Group:
    """Credentials fields, of the graph and its sub-graphs, that one credential serves."""

    key: str
    wanted: list[Wanted] = field(default_factory=list)

    @property
    def required(self) -> bool:
        return not all(one.optional for one in self.wanted)


def is_optional(node: NodeView) -> bool:
    """Is the node skipped when the run brings no credentials for it?"""
    return node.metadata.get("credentials_optional") is True


def wanted(nodes: Iterable[NodeView]) -> Iterator[Wanted]:
    for node in nodes:
        for credential in node.spec.credentials.values() if node.spec else ():
            yield _resolved(node, credential)


def groups(nodes: Iterable[NodeView]) -> dict[str, Group]:
    """By key, in the order of the nodes: of the graph first, then of its sub-graphs."""
    found: dict[str, Group] = {}
    for one in wanted(nodes):
        found.setdefault(one.key, Group(one.key)).wanted.append(one)
    return found


def credentials_schema(nodes: Iterable[NodeView]) -> dict[str, Any]:
    found = groups(nodes)
    return {
        "type": "object",
        "properties": {key: _credentials_property(group) for key, group in found.items()},
        "required": [key for key, group in found.items() if group.required],
    }


def _resolved(node: NodeView, credential: CredentialsField) -> Wanted:
    name = credential.discriminator
    if not name:
        return Wanted(node, credential, credential.providers, None, "")
    pin = node.spec.inputs.get(name) if node.spec else None
    told_by = node.constants.get(name)
    if told_by is None and pin is not None:
        told_by = pin.default
    host = _host(told_by) if "host_scoped" in credential.types else ""
    provider = credential.discriminator_mapping.get(told_by) if isinstance(told_by, str) else None
    return Wanted(node, credential, (provider,) if provider else credential.providers, told_by, host)


def _host(address: Any) -> str:
    if not isinstance(address, str):
        return ""
    try:
        return urlsplit(address if "//" in address else f"//{address}").hostname or ""
    except ValueError:
        return ""


def _credentials_property(group: Group) -> dict[str, Any]:
    first = group.wanted[0]
    providers, types = sorted(first.providers), sorted(first.field.types)
    scopes = sorted({scope for one in group.wanted for scope in one.field.scopes})
    schema: dict[str, Any] = {
        "type": "object",
        "title": f"Credentials of {' or '.join(providers)}",
        "properties": {
            "id": {"title": "Id", "type": "string"},
            "title": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None, "title": "Title"},
            "provider": {"title": "Provider", "type": "string", **_one_of(providers)},
            "type": {"title": "Type", "type": "string", **_one_of(types)},
        },
        "required": ["id", "provider", "type"],
        "credentials_provider": providers,
        "credentials_types": types,
    }
    return schema | ({"credentials_scopes": scopes} if scopes else {}) | _discriminated(group)


def _one_of(names: list[str]) -> dict[str, Any]:
    return {"const": names[0]} if len(names) == 1 else {"enum": names}


def _discriminated(group: Group) -> dict[str, Any]:
    values = {one.told_by for one in group.wanted if isinstance(one.told_by, str) and one.told_by}
    by: Mapping[str, Any] = {}
    credential = group.wanted[0].field
    if credential.discriminator:
        by = {
            "discriminator": credential.discriminator,
            "discriminator_mapping": dict(credential.discriminator_mapping),
        }
    return {**by, "discriminator_values": sorted(values)}
