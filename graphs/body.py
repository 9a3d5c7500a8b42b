"""The graph in a request or a file, parsed once: the shape is checked here, the rules of graphs are not."""

import json
from collections.abc import Iterator
from typing import Annotated, Any, Final
from uuid import UUID, uuid4

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from graphs.errors import BodyInvalid

DEEPEST: Final = 100
SHOWN: Final = 20
HALF: Final = "the text contains half of a surrogate pair, which is no character"
HIGHEST: Final = 2**31 - 1


def _text(text: str) -> str:
    if "\0" in text:
        raise ValueError("the character U+0000 cannot be stored; remove it")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(HALF) from None
    return text


def _storable(value: dict[str, Any]) -> dict[str, Any]:
    """Only what JSON can carry back to the client: no endless numbers, no half characters, no bottomless nesting."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        text.encode()
    except RecursionError:
        raise ValueError(f"the value is nested more than {DEEPEST} levels deep") from None
    except UnicodeEncodeError:
        raise ValueError(HALF) from None
    except ValueError:
        raise ValueError("infinite numbers are not possible in JSON") from None
    if text.count("[") + text.count("{") > DEEPEST and _depth(value) > DEEPEST:
        raise ValueError(f"the value is nested more than {DEEPEST} levels deep")
    return value


def _depth(value: Any) -> int:
    level, depth = [value], 0
    while level:
        depth += 1
        containers = [below for below in level if isinstance(below, dict | list)]
        level = [inner for below in containers for inner in (below.values() if isinstance(below, dict) else below)]
    return depth


def _or(default: Any) -> BeforeValidator:
    """Null counts as not given."""
    return BeforeValidator(lambda value: default() if value is None else value)


def _new_id() -> str:
    return str(uuid4())


def _given_id(value: Any) -> Any:
    return _new_id() if value is None or value == "" else value


Text = Annotated[str, AfterValidator(_text)]
Name = Annotated[Text, StringConstraints(min_length=1, max_length=1000)]
Id = Annotated[Text, BeforeValidator(_given_id), StringConstraints(max_length=200)]
Pin = Annotated[Text, StringConstraints(min_length=1, max_length=2000)]
Facts = Annotated[dict[str, Any], AfterValidator(_storable), _or(dict)]
Whole = Annotated[int, Field(ge=1, le=HIGHEST)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", protected_namespaces=())


class NodeBody(_Part):
    id: Id = Field(default_factory=_new_id)
    block_id: Annotated[Text, StringConstraints(min_length=1, max_length=64)]
    input_default: Facts = Field(default_factory=dict)
    metadata: Facts = Field(default_factory=dict)


class LinkBody(_Part):
    id: Annotated[Text, StringConstraints(max_length=200), _or(str)] = ""
    source_id: Annotated[Text, StringConstraints(max_length=200)]
    sink_id: Annotated[Text, StringConstraints(max_length=200)]
    source_name: Pin
    sink_name: Pin
    is_static: Annotated[bool, _or(bool)] = False


class GraphBody(_Part):
    id: Id = Field(default_factory=_new_id)
    version: Annotated[Whole, _or(lambda: 1)] = 1
    is_active: Annotated[bool, _or(lambda: True)] = True
    name: Name
    description: Annotated[Text, _or(str)] = ""
    instructions: Text | None = None
    recommended_schedule_cron: Annotated[Text, StringConstraints(max_length=255)] | None = None
    nodes: list[NodeBody]
    links: Annotated[list[LinkBody], _or(list)] = Field(default_factory=list)
    forked_from_id: UUID | None = None
    forked_from_version: Whole | None = None
    sub_graphs: Annotated[list["GraphBody"], _or(list)] = Field(default_factory=list)

    def family(self) -> Iterator["GraphBody"]:
        """The graph and every sub-graph in it, at any depth."""
        waiting = [self]
        while waiting:
            graph = waiting.pop(0)
            yield graph
            waiting.extend(graph.sub_graphs)


def parse(value: Any, at: tuple[str | int, ...] = ()) -> GraphBody:
    """`value` as a graph; BodyInvalid names every place, below `at`, where it is none."""
    try:
        return GraphBody.model_validate(value)
    except ValidationError as wrong:
        errors = wrong.errors(include_url=False, include_input=False, include_context=False)
        raise BodyInvalid([{"loc": [*at, *error["loc"]], "msg": error["msg"]} for error in errors[:SHOWN]]) from None
