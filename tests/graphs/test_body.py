import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphs.body import DEEPEST, parse
from graphs.errors import BodyInvalid

NODE = {"block_id": "b"}


def refused(value: Any) -> dict[str, str]:
    with pytest.raises(BodyInvalid) as caught:
        parse(value)
    return {".".join(map(str, problem["loc"])): problem["msg"] for problem in caught.value.detail}


def test_a_name_and_nodes_are_enough() -> None:
    graph = parse({"name": "g", "nodes": [NODE]})
    assert (graph.description, graph.version, graph.is_active, graph.links) == ("", 1, True, [])
    assert graph.nodes[0].input_default == {}


def test_nulls_and_unknown_keys_of_older_files_are_tolerated() -> None:
    old: dict[str, Any] = {**NODE, "metadata": None, "webhook": {}, "id": None}
    graph = parse(
        {"name": "g", "nodes": [old], "links": None, "sub_graphs": None, "version": None, "is_template": True}
    )
    assert graph.nodes[0].metadata == {}
    assert graph.nodes[0].id


def test_missing_ids_are_invented_and_differ() -> None:
    graph = parse({"name": "g", "nodes": [NODE, {**NODE, "id": ""}]})
    assert len({node.id for node in graph.nodes}) == 2


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"nodes": []}, "name"),
        ({"name": "g"}, "nodes"),
        ({"name": "", "nodes": []}, "name"),
        ({"name": 5, "nodes": []}, "name"),
        ({"name": "x" * 1001, "nodes": []}, "name"),
        ({"name": "a\0b", "nodes": []}, "name"),
        ({"name": "\ud800", "nodes": []}, "name"),
        ({"name": "g", "nodes": {}}, "nodes"),
        ({"name": "g", "nodes": [{}]}, "nodes.0.block_id"),
        ({"name": "g", "nodes": [5]}, "nodes.0"),
        ({"name": "g", "nodes": [{**NODE, "id": 5}]}, "nodes.0.id"),
        ({"name": "g", "nodes": [{**NODE, "input_default": []}]}, "nodes.0.input_default"),
        ({"name": "g", "nodes": [{**NODE, "input_default": {"x": float("inf")}}]}, "nodes.0.input_default"),
        ({"name": "g", "nodes": [{**NODE, "input_default": {"x": "\ud800"}}]}, "nodes.0.input_default"),
        ({"name": "g", "nodes": [{**NODE, "metadata": "x"}]}, "nodes.0.metadata"),
        ({"name": "g", "nodes": [], "links": [{}]}, "links.0.source_id"),
        ({"name": "g", "nodes": [], "links": 1}, "links"),
        ({"name": "g", "nodes": [], "version": 0}, "version"),
        ({"name": "g", "nodes": [], "version": 10**30}, "version"),
        ({"name": "g", "nodes": [], "forked_from_id": "x"}, "forked_from_id"),
        ({"name": "g", "nodes": [], "recommended_schedule_cron": "*" * 300}, "recommended_schedule_cron"),
        ({"name": "g", "nodes": [], "sub_graphs": [{"nodes": []}]}, "sub_graphs.0.name"),
        ([], ""),
        (None, ""),
    ],
)
def test_a_wrong_place_is_named(value: Any, place: str) -> None:
    assert place in refused(value)


def test_a_value_nested_without_end_is_refused() -> None:
    for depth in (DEEPEST + 1, 900):
        value: Any = 1
        for _ in range(depth):
            value = [value]
        found = refused({"name": "g", "nodes": [{**NODE, "input_default": {"x": value}}]})
        assert "nested" in found["nodes.0.input_default"]


def test_a_wide_value_is_not_a_deep_one() -> None:
    parse({"name": "g", "nodes": [{**NODE, "input_default": {"x": [[], {}] * 1_000}}]})


def test_sub_graphs_within_sub_graphs_belong_to_the_family() -> None:
    inner = {"name": "c", "nodes": []}
    graph = parse({"name": "a", "nodes": [], "sub_graphs": [{"name": "b", "nodes": [], "sub_graphs": [inner]}]})
    assert [member.name for member in graph.family()] == ["a", "b", "c"]


def test_sub_graphs_nested_without_end_are_refused() -> None:
    value: dict[str, Any] = {"name": "g", "nodes": []}
    for _ in range(600):
        value = {"name": "g", "nodes": [], "sub_graphs": [value]}
    refused(value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=()), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "nodes", "links", "id", "block_id", "input_default", "sub_graphs", "source_id"]),
            inner,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_any_json_is_a_graph_that_can_be_stored_or_is_refused(value: Any) -> None:
    try:
        graph = parse(value)
    except BodyInvalid:
        return
    json.dumps(graph.model_dump(mode="json"), ensure_ascii=False, allow_nan=False).encode()
