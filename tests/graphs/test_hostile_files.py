"""Files that lie, or are broken: refused with the reason, and nothing is stored."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from accounts.models import User
from blocks.library.agent_executor import AgentExecutorBlock
from graphs.errors import GraphError
from graphs.exporting import export
from graphs.importing import import_document, import_file
from graphs.models import Graph
from tests.conformance_blocks.echo import EchoBlock
from tests.graphs.bodies import graph, node

FILES = Path(__file__).parent / "files"

DEEP = b'{"name": "g", "nodes": ' + b"[" * 100_000
CALL = {"graph_id": "g", "graph_version": 1, "input_schema": {}, "output_schema": {}}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no JSON"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"[]", "one JSON object"),
        (b'"graph"', "one JSON object"),
        (b'{"name": "g", "nodes": [], "x": NaN}', "NaN is not possible"),
        (b'{"name": "g", "nodes": [{"block_id": "b", "input_default": {"x": 1e999}}]}', "infinite numbers"),
        (DEEP, "nested too deeply"),
        (b'{"name": "g"}', "nodes: Field required"),
        (b'{"nodes": []}', "name: Field required"),
        (b'{"name": "g", "nodes": [null]}', "nodes.0"),
        (b'{"name": "g", "nodes": {"a": 1}}', "nodes: "),
        (b'{"name": "g", "nodes": [{"block_id": 7}]}', "nodes.0.block_id"),
        (b'{"name": "g", "nodes": [], "links": [{"source_id": "a"}]}', "links.0.sink_id"),
        (b'{"name": "g", "nodes": [], "sub_graphs": {"a": 1}}', "sub_graphs"),
        (json.dumps(graph([node("a", EchoBlock)], ["a.out -> ghost.x"])).encode(), "ghost"),
        (json.dumps(graph([node("a", EchoBlock), node("a", EchoBlock)])).encode(), "same id"),
        (json.dumps(graph([node("a", AgentExecutorBlock, CALL)], id="g")).encode(), "in a circle"),
    ],
)
def test_a_file_that_is_no_graph_is_refused_with_the_reason(user: User, content: bytes, told: str) -> None:
    with pytest.raises(GraphError, match=told):
        import_file(user, content)
    assert Graph.objects.count() == 0


def test_a_file_beyond_the_size_of_a_request_is_refused(user: User, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    with pytest.raises(GraphError, match="larger than 10 bytes"):
        import_file(user, b'{"name": "g", "nodes": []}')


def test_very_many_sub_graphs_are_refused(user: User) -> None:
    parts = [{"name": "s", "nodes": []} for _ in range(201)]
    with pytest.raises(GraphError, match="201 sub-graphs"):
        import_document(user, graph([], sub_graphs=parts))


def test_sub_graphs_in_a_circle_are_refused(user: User) -> None:
    def call(graph_id: str) -> dict[str, Any]:
        return node("s", AgentExecutorBlock, {**CALL, "graph_id": graph_id})

    parts = [graph([call("b")], id="a", name="A"), graph([call("a")], id="b", name="B")]
    with pytest.raises(GraphError, match=r"in a circle: (A -> B -> A|B -> A -> B|.* v1 -> .* v1)"):
        import_document(user, graph([call("a")], sub_graphs=parts))
    assert Graph.objects.count() == 0


@pytest.mark.parametrize(
    "fact", [{"version": "x"}, {"version": -1}, {"forked_from_id": "x"}, {"forked_from_version": 0}]
)
def test_facts_that_a_graph_can_do_without_may_be_wrong(user: User, fact: dict[str, Any]) -> None:
    assert import_document(user, {**graph([node("a", EchoBlock, {"x": 1})]), **fact}).warnings == []


MUTATED = st.sampled_from(sorted(FILES.glob("*.json")))
JUNK: Any = st.sampled_from([None, True, -1, 1e300, "", "x", [], {}, [{}], {"a": []}, "\0", "\ud800"])
PATHS: Any = st.lists(st.integers(0, 50), min_size=1, max_size=5)


def spoil(value: Any, path: list[int], junk: Any) -> Any:
    """The value with junk in one place."""
    if not path or not isinstance(value, dict | list) or not value:
        return junk
    if isinstance(value, list):
        place = path[0] % len(value)
        return [*value[:place], spoil(value[place], path[1:], junk), *value[place + 1 :]]
    key = list(value)[path[0] % len(value)]
    return {**value, key: spoil(value[key], path[1:], junk)}


@hypothesis_settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(MUTATED, PATHS, JUNK)
def test_a_file_with_junk_in_any_place_is_imported_or_refused(user: User, file: Path, path: Any, junk: Any) -> None:
    spoiled = spoil(json.loads(file.read_text()), path, junk)
    try:
        found = import_document(user, spoiled) if isinstance(spoiled, dict) else import_file(user, json.dumps(spoiled))
    except GraphError:
        return
    json.dumps(export(found.version), ensure_ascii=False, allow_nan=False).encode()
