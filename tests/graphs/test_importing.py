"""Agent files of every era, files that lie, and the way out and back in again."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from accounts.models import User
from blocks.library.agent_executor import AgentExecutorBlock
from blocks.library.agent_input import AgentInputBlock
from blocks.library.agent_output import AgentOutputBlock
from blocks.library.store_value import StoreValueBlock
from graphs import services
from graphs.documents import document
from graphs.errors import GraphError, GraphInvalid, GraphValidationError
from graphs.exporting import export
from graphs.importing import Imported, import_document, import_file
from graphs.models import Graph, GraphVersion
from tests.conformance_blocks.echo import EchoBlock, PairBlock
from tests.graphs.bodies import graph, node

FILES = Path(__file__).parent / "files"
SAMPLES = Path(os.environ.get("PETIOLE_SAMPLES") or Path(__file__).parents[3] / "shared" / "samples")


def imported(user: User, name: str) -> Imported:
    return import_file(user, (FILES / f"{name}.json").read_bytes())


def constants(version: GraphVersion, position: int) -> dict[str, Any]:
    return dict(version.nodes.get(position=position).input_default)


def pins(version: GraphVersion) -> list[tuple[str, str]]:
    return list(version.links.order_by("position").values_list("source_name", "sink_name"))


# -- 2024


def test_block_ids_of_2024_are_replaced(user: User) -> None:
    blocks = imported(user, "era_2024").version.nodes.order_by("position").values_list("block_id", flat=True)
    assert [block_id[:8] for block_id in blocks] == [
        *("f66a3543", "e30a4d42", "b29c1b50", "32a87eab", "df06086a", "1ff065e9", "6595ae1f", "cc10ff7b")
    ]


def test_pins_of_2024_are_replaced_and_links_of_secrets_removed(user: User) -> None:
    found = imported(user, "era_2024")
    assert pins(found.version) == [("item", "input_$_0"), ("key", "trigger"), ("output", "trigger")]
    assert constants(found.version, 1) == {"input_$_1": " said"}
    assert any("discord_bot_token was removed" in warning for warning in found.warnings)


def test_the_link_of_a_static_output_becomes_static_where_the_file_does_not_say(user: User) -> None:
    version = imported(user, "era_2024").version
    assert list(version.links.order_by("position").values_list("is_static", flat=True)) == [False, False, True]


def test_constants_of_2024_keep_their_meaning(user: User) -> None:
    version = imported(user, "era_2024").version
    assert constants(version, 2)["format_type"]["format"] == "%d.%m."
    assert constants(version, 6) == {"url": "https://example.test/", "json_format": False}


def test_secrets_and_withdrawn_models_are_taken_out_and_told(user: User) -> None:
    found = imported(user, "era_2024")
    assert "key-in-plain-text" not in json.dumps(document(found.version))
    assert constants(found.version, 3)["model"] != "model-of-2023"
    assert any("api_key was taken out" in warning for warning in found.warnings)
    assert any("'model-of-2023' is unknown here" in warning for warning in found.warnings)


# -- 2025


def test_an_older_sub_agent_keeps_its_stored_inputs_and_calls_the_graph_of_its_file(user: User) -> None:
    found = imported(user, "era_2025_early")
    child = services.sub_versions(found.version)[0]
    stored = constants(found.version, 1)
    assert stored["inputs"] == {"q": "stored"}
    assert "data" not in stored
    assert (stored["graph_id"], stored["user_id"]) == (str(child.graph_id), str(user.pk))
    assert found.warnings == []


def test_a_graph_of_early_2025_is_ready_to_run(user: User) -> None:
    version = imported(user, "era_2025_early").version
    services.check_start(version, inputs={"topic": "x"}, masks={}, credentials_inputs={})


def test_sub_agents_find_graphs_that_got_other_ids(user: User) -> None:
    found = imported(user, "era_2025_late")
    names = {str(sub.graph_id): sub.name for sub in services.sub_versions(found.version)}
    called = [names.get(constants(found.version, position)["graph_id"]) for position in (1, 2, 3, 4)]
    assert called == ["Louder", "Louder still", "Whisper", None]
    assert [warning for warning in found.warnings if "'Nowhere' of 'Two callers' is missing" in warning]


def test_copies_of_a_sub_graph_are_stored_once(user: User) -> None:
    imported(user, "era_2025_late")
    assert sorted(GraphVersion.objects.values_list("name", flat=True)) == [
        *("Louder", "Louder still", "Two callers", "Whisper")
    ]


def test_what_the_author_tells_comes_with_the_graph(user: User) -> None:
    version = imported(user, "era_2025_late").version
    assert (version.instructions, version.recommended_schedule_cron) == ("Give it a word.", "0 9 * * 1")
    assert (version.version, version.graph.active_version) == (1, 1)


# -- 2026


def test_copies_of_schemas_that_were_left_out_are_made(user: User) -> None:
    version = imported(user, "era_2026").version
    assert list(constants(version, 1)["input_schema"]["properties"]) == ["word"]
    assert version.links.get(position=0).is_static


def test_credentials_of_the_author_are_taken_out(user: User) -> None:
    found = imported(user, "era_2026")
    assert constants(found.version, 2) == {}
    assert any("credentials was taken out" in warning for warning in found.warnings)


def test_an_unknown_block_is_kept_and_its_runs_are_refused(user: User) -> None:
    found = imported(user, "era_2026")
    assert constants(found.version, 3) == {"anything": [1, 2]}
    assert "Cannot run yet: 1 node of the unknown block 12345678-0000-4000-8000-00000000f00d." in found.warnings
    with pytest.raises(GraphInvalid, match="Invalid block 12345678-0000"):
        services.check_start(found.version, inputs={}, masks={}, credentials_inputs={})


def test_a_graph_of_blocks_that_are_not_installed_says_so_when_run(user: User) -> None:
    body = graph([node("a", StoreValueBlock, {"input": 1}), {"id": "b", "block_id": GMAIL, "input_default": {}}])
    with pytest.raises(GraphValidationError) as caught:
        services.check_start(import_document(user, body).version, inputs={}, masks={}, credentials_inputs={})
    told = next(iter(caught.value.node_errors.values()))
    assert "not part of this installation" in told["block_id"]
    assert told["credentials"] == "These credentials are required"


GMAIL = "6c27abc2-e51d-499e-a85f-5a0041ba94f0"


@pytest.mark.parametrize(
    "links",
    [["a.nope -> a.x"], ["a.out -> a.nope"]],
)
def test_links_of_pins_that_are_gone_are_kept_and_runs_refused(user: User, links: list[str]) -> None:
    found = import_document(user, graph([node("a", EchoBlock, {"x": 1}), node("b", EchoBlock, {"x": 1})], links))
    assert any("nope" in warning for warning in found.warnings)
    with pytest.raises(GraphInvalid, match="Allowed fields"):
        services.check_start(found.version, inputs={}, masks={}, credentials_inputs={})


def test_a_sub_agent_of_the_same_installation_still_finds_its_graph(user: User) -> None:
    child = services.create(user, graph([node("i", AgentInputBlock, {"name": "q"})]))
    call = {"graph_id": str(child.graph_id), "graph_version": 1, "inputs": {}, "input_schema": {}, "output_schema": {}}
    found = import_document(user, graph([node("s", AgentExecutorBlock, call)]))
    assert (services.sub_versions(found.version), found.warnings) == ([child], [])


def test_the_body_of_a_request_is_a_file_too(user: User) -> None:
    text = json.dumps({"graph": graph([node("a", EchoBlock, {"x": 1})])})
    assert import_file(user, text).version.nodes.count() == 1


# -- Files that lie

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


# -- Out and in again


def without_ids(exported: dict[str, Any]) -> Any:
    """The document with every id replaced by the place where it first stands, and without what a new graph has anew."""
    text = json.dumps(exported)
    graphs = [exported, *exported["sub_graphs"]]
    ids = [one["id"] for one in graphs]
    ids += [node["id"] for one in graphs for node in one["nodes"]] + [
        link["id"] for one in graphs for link in one["links"]
    ]
    for place, one in enumerate(ids):
        text = text.replace(f'"{one}"', f'"#{place}"')
    plain = json.loads(text)
    plain.pop("created_at")
    return plain


def round_trip(user: User, version: GraphVersion) -> tuple[Any, Any]:
    first = export(version)
    again = import_file(user, json.dumps(first))
    return without_ids(first), without_ids(export(again.version))


@pytest.mark.parametrize("name", ["era_2024", "era_2025_early", "era_2025_late", "era_2026"])
def test_an_imported_graph_survives_export_and_import(user: User, name: str) -> None:
    before, after = round_trip(user, imported(user, name).version)
    assert before == after


VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)

CONSTANTS = st.dictionaries(st.text(max_size=5), VALUES, max_size=3)


@st.composite
def graphs(draw: Callable[..., Any], children: tuple[str, ...] = ()) -> dict[str, Any]:
    plain = st.sampled_from([EchoBlock, PairBlock, StoreValueBlock])
    nodes = [
        node(
            f"n{place}", draw(plain), draw(st.dictionaries(st.text(max_size=5), VALUES, max_size=3)), note=draw(VALUES)
        )
        for place in range(draw(st.integers(1, 4)))
    ]
    nodes += [node("in", AgentInputBlock, {"name": draw(st.sampled_from(["q", "a b", "ü"])), "value": draw(VALUES)})]
    nodes += [node("out", AgentOutputBlock, {"name": "r"})]
    nodes += [node(f"call {one}", AgentExecutorBlock, {**CALL, "graph_id": one}) for one in children]
    ends = st.integers(0, len(nodes) - len(children) - 3)
    links = [f"n{draw(ends)}.error -> out.value" for _ in range(draw(st.integers(0, 4)))]
    return graph(nodes, links, name=draw(st.text(min_size=1, max_size=9).filter(_is_name)), id=draw(st.uuids()).hex)


def _is_name(text: str) -> bool:
    return "\0" not in text


@hypothesis_settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_any_graph_survives_export_and_import(user: User, data: Any) -> None:
    parts = [data.draw(graphs()) for _ in range(data.draw(st.integers(0, 2)))]
    whole = data.draw(graphs(tuple(part["id"] for part in parts)))
    before, after = round_trip(user, import_document(user, {**whole, "sub_graphs": parts}).version)
    assert before == after


# -- Files of others, where they are at hand


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="PETIOLE_SAMPLES names no folder")
def test_sample_files_import_as_their_authors_saw_them(user: User) -> None:
    for file in sorted(SAMPLES.glob("*.json")):
        stated = json.loads(file.read_text())
        got = document(import_file(user, file.read_bytes()).version)
        for name in ("input_schema", "output_schema", "credentials_input_schema"):
            if name in stated:
                assert list(got[name]["properties"]) == list(stated[name]["properties"]), file.name
                assert set(got[name]["required"]) == set(stated[name]["required"]), file.name
        assert len(got["nodes"]) == len(stated["nodes"])


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="PETIOLE_SAMPLES names no folder")
def test_sample_files_survive_export_and_import(user: User) -> None:
    for file in sorted(SAMPLES.glob("*.json")):
        before, after = round_trip(user, import_file(user, file.read_bytes()).version)
        assert before == after, file.name
