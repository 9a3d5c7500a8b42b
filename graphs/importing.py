"""Agent files of every era become graphs: read, brought up to date, connected, stored, with warnings for a person."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn
from uuid import UUID

from django.conf import settings

from accounts.models import User
from blocks import registry
from graphs import embedding, eras, reading, services, storing, validate, view, weekdays
from graphs.body import HIGHEST, GraphBody, parse
from graphs.errors import BodyInvalid
from graphs.models import GraphVersion
from graphs.validation import structure

SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class Imported:
    """The stored graph, and what its owner should know."""

    version: GraphVersion
    warnings: list[str]


def import_file(owner: User, content: str | bytes) -> Imported:
    """Stores the graph of an agent file and its sub-graphs. Raises a GraphError when that is not possible.

    A graph that cannot run as it is (unknown blocks, pins that are gone) is stored all the same: a run is refused."""
    return import_document(owner, read(content))


def import_document(owner: User, document: Mapping[str, Any]) -> Imported:
    body = parse(_tidy(document))
    services.check_storable(body)
    early = eras.is_early(document)
    warnings = [note for graph in body.family() for note in eras.modernise(graph, early=early)]
    warnings += _unix_schedule(body)
    warnings += embedding.connect(body, registry.get, lambda keys: reading.stored(owner.pk, keys))
    storing.adopt(body, owner)
    version = services.keep(owner, body)
    warnings = list(dict.fromkeys([*warnings, *_refusals(body)]))
    if len(warnings) > SHOWN:
        warnings = [*warnings[:SHOWN], f"… and {len(warnings) - SHOWN} more."]
    return Imported(version, warnings)


def read(content: str | bytes) -> Mapping[str, Any]:
    """The JSON object in a file."""
    if len(content) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        _refuse(f"The file is larger than {settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes.")
    try:
        text = content.decode("utf-8-sig") if isinstance(content, bytes) else content
        document = json.loads(text, parse_constant=_refuse_constant)
    except UnicodeDecodeError:
        _refuse("The file is not UTF-8 text.")
    except RecursionError:
        _refuse("The file is nested too deeply.")
    except ValueError as wrong:
        _refuse(f"The file is no JSON: {wrong}")
    if isinstance(document, dict) and isinstance(document.get("graph"), dict) and "nodes" not in document:
        document = document["graph"]  # the body of a request
    if not isinstance(document, dict):
        _refuse("The file must hold one JSON object: a graph.")
    return document


def _refuse(reason: str) -> NoReturn:
    raise BodyInvalid([{"loc": ["file"], "msg": reason}])


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not possible in JSON")


def _tidy(document: Any) -> Any:
    """Facts that a graph can do without are left out when they are not as they should be."""
    if not isinstance(document, Mapping):
        return document
    tidy = dict(document)
    if not _is_version(tidy.get("version")):
        tidy.pop("version", None)
    if not _is_id(tidy.get("forked_from_id")):
        tidy.pop("forked_from_id", None)
    if not _is_version(tidy.get("forked_from_version")):
        tidy.pop("forked_from_version", None)
    if not tidy.get("recommended_schedule_cron"):
        tidy.pop("recommended_schedule_cron", None)
    if isinstance(tidy.get("sub_graphs"), list):
        tidy["sub_graphs"] = [_tidy(part) for part in tidy["sub_graphs"]]
    return tidy


def _unix_schedule(body: GraphBody) -> tuple[str, ...]:
    """The recommended schedule says the same, as Unix cron."""
    if body.recommended_schedule_cron is None:
        return ()
    translated = weekdays.translate(body.recommended_schedule_cron)
    body.recommended_schedule_cron = translated.text[:255]
    return translated.notes


def _is_version(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= HIGHEST


def _is_id(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(UUID(value))
    except ValueError:
        return False


def _refusals(body: GraphBody) -> Iterator[str]:
    """Why runs of the graph will be refused, as far as that is known without a run."""
    seen = [view.of_body(graph, registry.get) for graph in body.family()]
    blocks = Counter(node.block_id for graph in seen for node in graph.nodes.values())
    for block_id, count in blocks.items():
        spec = registry.get(block_id)
        nodes = f"{count} node{'' if count == 1 else 's'}"
        if spec is None:
            yield f"Cannot run yet: {nodes} of the unknown block {block_id}."
        elif spec.disabled:
            yield f"Cannot run yet: {nodes} of {spec.name}. {spec.disabled}"
    for graph in seen:
        yield from (f"Cannot run yet: {problem}" for problem in structure.misplaced(graph))
        yield from (f"Cannot run yet: {problem}" for problem in validate.field_problems(graph))
