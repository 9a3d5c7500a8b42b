"""Rules for saving and running, each by its number in the specification."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid5

import pytest

from graphs.body import GraphBody
from graphs.errors import GraphInvalid, GraphTooLarge, GraphValidationError
from graphs.plan import LinkRow, NodeRow, Plan, compile_plan
from graphs.validate import (
    CredentialsMeta,
    Limits,
    Lookup,
    NoCredentials,
    RunCheck,
    check_run,
    check_saved,
    check_size,
    problems_saved,
)
from tests.graphs import specs
from tests.graphs.bodies import body, node
from tests.graphs.specs import spec_of

SPACE = UUID(int=7)


def uid(key: str) -> UUID:
    return uuid5(SPACE, key)


def plan_of(graph: GraphBody) -> Plan:
    nodes = [NodeRow(uid(n.id), n.block_id, n.input_default, n.metadata, i) for i, n in enumerate(graph.nodes)]
    links = [
        LinkRow(uid(f"{i}"), uid(x.source_id), x.source_name, uid(x.sink_id), x.sink_name, x.is_static, i)
        for i, x in enumerate(graph.links)
    ]
    return compile_plan(
        graph_id=uid("g"), version=1, version_id=uid("v"), name="g", nodes=nodes, links=links, spec_of=spec_of
    )


def run(
    nodes: Iterable[dict[str, Any]],
    links: Iterable[str] = (),
    *,
    inputs: dict[str, Any] | None = None,
    masks: Any = None,
    chosen: dict[str, Any] | None = None,
    children: Iterable[GraphBody] = (),
    lookup: Lookup | None = None,
) -> RunCheck:
    return check_run(
        plan_of(body(nodes, links)),
        [plan_of(child) for child in children],
        inputs=inputs or {},
        masks={} if masks is None else masks,
        credentials_inputs=chosen or {},
        spec_of=spec_of,
        lookup=lookup or NoCredentials(),
    )


def errors(*args: Any, **named: Any) -> dict[str, dict[str, str]]:
    with pytest.raises(GraphValidationError) as caught:
        run(*args, **named)
    keys = {str(uid(key)): key for key in "abcdefghik"}
    return {keys[node_id]: fields for node_id, fields in caught.value.node_errors.items()}


def save(nodes: Iterable[dict[str, Any]], links: Iterable[str] = (), **more: Any) -> None:
    check_saved(body(nodes, links, **more), spec_of)


def echo(key: str, **constants: Any) -> dict[str, Any]:
    return node(key, specs.EchoBlock, constants)


def agent(key: str, inputs: dict[str, Any] | None = None, required: tuple[str, ...] = ("q",)) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"q": {}, "Blog Title": {}}, "required": list(required)}
    stored = {"user_id": "u", "graph_id": "g", "graph_version": 1, "inputs": inputs or {}, "input_schema": schema}
    return node(key, specs.AgentBlock, {**stored, "output_schema": {"properties": {"ans": {}}}})


# -- Structure


def test_v1_an_unknown_block_is_refused_when_saving_and_when_running() -> None:
    unknown = {"id": "a", "block_id": "nobody-knows", "input_default": {}}
    for refuse in (save, run):
        with pytest.raises(GraphInvalid, match="Invalid block nobody-knows of node"):
            refuse([unknown])


@pytest.mark.parametrize("text", ["ghost.out -> a.x", "a.out -> ghost.x"])
def test_v2_both_ends_of_a_link_must_exist(text: str) -> None:
    with pytest.raises(GraphInvalid, match=r"\(a, .*ghost is invalid. Node ids: a"):
        save([echo("a")], [text])


def test_v2_two_nodes_cannot_have_one_id() -> None:
    with pytest.raises(GraphInvalid, match="same id: a"):
        save([echo("a"), echo("a")])


def test_v3_a_link_of_an_unknown_block_is_refused() -> None:
    with pytest.raises(GraphInvalid, match="Invalid block"):
        save([echo("a"), {"id": "b", "block_id": "nobody"}], ["b.out -> a.x"])


@pytest.mark.parametrize("text", ["a.nope -> b.x", "a.out -> b.nope", "a.nope_#_k -> b.x", "a.out -> b.nope_$_0"])
def test_v4_a_link_needs_pins_that_the_blocks_have(text: str) -> None:
    with pytest.raises(GraphInvalid, match=r"nope.* is invalid, Allowed fields: .*(out|x)"):
        save([echo("a"), echo("b")], [text])
    with pytest.raises(GraphInvalid, match="Allowed fields"):
        run([echo("a"), echo("b")], [text])


def test_v4_dynamic_suffixes_error_pins_and_tool_pins_are_accepted() -> None:
    nodes = [echo("a"), echo("b"), node("t", specs.ToolsBlock)]
    save(nodes, ["a.out_#_k -> b.x_$_1", "a.error -> b.x", "t.tools -> a.x", "t.tools_^_search_~_query -> b.x"])


def test_v4_an_output_has_no_error_pin() -> None:
    with pytest.raises(GraphInvalid, match="'error' is invalid, Allowed fields"):
        save([node("a", specs.OutBlock, {"name": "r"}), echo("b")], ["a.error -> b.x"])


def test_v4_pins_of_a_sub_agent_are_those_of_its_stored_schemas() -> None:
    save([agent("a"), echo("b")], ["b.out -> a.q", "a.ans -> b.x"])
    with pytest.raises(GraphInvalid, match="'graph_id' is invalid, Allowed fields: Blog Title, q"):
        save([agent("a"), echo("b")], ["b.out -> a.graph_id"])
    with pytest.raises(GraphInvalid, match="'error' is invalid, Allowed fields: ans"):
        save([agent("a"), echo("b")], ["a.error -> b.x"])


# -- Fields


@pytest.mark.parametrize(
    "broken", [node("a", specs.InBlock), node("a", specs.OutBlock), node("a", specs.AgentBlock, {"inputs": {}})]
)
def test_v6_inputs_outputs_and_sub_agents_need_their_fields_when_saved(broken: dict[str, Any]) -> None:
    with pytest.raises(GraphInvalid, match=r"Node a, field .*: This field is required"):
        save([broken])


def test_v6_other_nodes_may_be_saved_without_their_fields_but_not_run() -> None:
    nodes, links = [echo("a", x=1), echo("b"), node("c", specs.TypedBlock)], ["a.out -> c.items"]
    save(nodes, links)
    assert errors(nodes, links) == {"b": {"x": "This field is required"}, "c": {"number": "This field is required"}}


def test_v6_a_constant_a_link_a_mask_or_a_part_of_it_gives_a_required_field() -> None:
    nodes = [echo("a", **{"x_#_k": 1}), echo("b"), echo("c"), echo("d")]
    masks = {str(uid("c")): {"x": 1}, str(uid("d")): {"x_$_0": 1}}
    run(nodes, ["a.out -> b.x_#_k"], masks=masks)


def test_v6_notes_are_decoration() -> None:
    run([node("a", specs.NoteBlock), echo("b", x=1)])


@pytest.mark.parametrize("name", ["credentials", "my_credentials"])
def test_v7_names_of_credentials_are_reserved(name: str) -> None:
    nodes = [node("a", specs.InBlock, {"name": name})]
    with pytest.raises(GraphInvalid, match="reserved input name"):
        save(nodes)
    assert "reserved" in errors(nodes)["a"]["name"]


@pytest.mark.parametrize("name", [None, "", 5, ["x"], {}])
def test_d19_a_graph_input_without_a_usable_name_is_a_field_error(name: Any) -> None:
    nodes = [node("a", specs.InBlock, {"name": name})]
    with pytest.raises(GraphInvalid, match="field name"):
        save(nodes)
    assert set(errors(nodes)["a"]) == {"name"}


def test_v8_a_field_in_use_needs_the_fields_it_depends_on() -> None:
    blank = {"country": "Austria", "city": " ", "moon": "Luna"}
    assert errors([node("a", specs.DependentBlock, blank)]) == {"a": {"country": "Requires city to be set"}}


def test_v8_a_constant_a_mask_or_a_link_sets_the_other_field() -> None:
    run([node("a", specs.DependentBlock, {"country": "Austria", "city": "Graz"})])
    run([node("a", specs.DependentBlock, {"country": "Austria"})], masks={str(uid("a")): {"city": "Graz"}})
    run([echo("b", x=1), node("a", specs.DependentBlock, {"country": "A"})], ["b.out -> a.city"])


def test_v9_a_credentials_field_needs_what_decides_about_its_provider() -> None:
    found = errors([node("a", specs.HostBlock, {"url": ""}), echo("b", x=1)])
    assert found["a"]["credentials"] == "These credentials are required"


def test_v10_sub_graphs_are_checked_too_and_their_errors_join_the_map() -> None:
    child = body([echo("c"), echo("d", x=1)])
    found = errors([echo("a"), agent("b", {"q": 1})], children=[child])
    assert found == {"a": {"x": "This field is required"}, "c": {"x": "This field is required"}}
    with pytest.raises(GraphInvalid, match="Allowed fields"):
        save([], sub_graphs=[body([echo("c"), echo("d")], ["c.nope -> d.x"]).model_dump()])


def test_d20_a_disabled_block_is_a_field_error_when_run() -> None:
    nodes = [node("a", specs.OffBlock, {"x": 1})]
    save(nodes)
    assert errors(nodes) == {"a": {"block_id": "Off is switched off here."}}


def test_d27_a_sub_agent_that_starts_needs_the_required_inputs_of_its_graph() -> None:
    assert errors([agent("a")]) == {"a": {"q": "This field is required"}}
    run([agent("a", {"q": None})])
    run([agent("a")], masks={str(uid("a")): {"q": 1}})
    run([agent("a"), echo("b", x=1)], ["b.out -> a.q"])


@pytest.mark.parametrize(
    ("field", "value"),
    [("graph_id", 5), ("graph_version", "1"), ("inputs", []), ("input_schema", "x"), ("output_schema", 1)],
)
def test_a_sub_agent_with_a_constant_of_a_wrong_type_is_not_saved(field: str, value: Any) -> None:
    wrong = agent("a")
    wrong["input_default"][field] = value
    with pytest.raises(GraphInvalid, match=f"field {field}: This field must be"):
        save([wrong])


def test_a_bad_retry_setting_is_refused_and_named() -> None:
    with pytest.raises(GraphInvalid, match=r"field metadata\.retry\.attempts"):
        save([node("a", specs.EchoBlock, {"x": 1}, retry={"attempts": 0})])


def test_only_the_first_breach_stops_a_save_but_all_can_be_listed() -> None:
    graph = body([node("a", specs.InBlock), node("b", specs.OutBlock)])
    assert len(list(problems_saved(graph, spec_of))) == 2


# -- Credentials


class Store:
    """The credentials of a user."""

    def __init__(self, *stored: CredentialsMeta) -> None:
        self._stored = {meta.id: meta for meta in stored}

    def get(self, credential_id: str) -> CredentialsMeta | None:
        return self._stored.get(credential_id)


class Unreadable:
    def get(self, credential_id: str) -> CredentialsMeta | None:
        raise OSError("the vault is closed")


KEY = {"id": "1", "provider": "github", "type": "api_key"}
STORE = Store(CredentialsMeta("1", "github", "api_key"), CredentialsMeta("2", "openai", "api_key"))


def keyed(key: str, credentials: Any = None, **metadata: Any) -> dict[str, Any]:
    constants = {"x": 1} if credentials is None else {"x": 1, "credentials": credentials}
    return node(key, specs.KeyedBlock, constants, **metadata)


def test_v11_missing_credentials_are_a_field_error() -> None:
    assert errors([keyed("a")]) == {"a": {"credentials": "These credentials are required"}}


@pytest.mark.parametrize(
    "given", ["1", {"id": "1"}, {"id": 1, "provider": "github", "type": "api_key"}, {**KEY, "provider": "google"}, [1]]
)
def test_v12_credentials_of_a_wrong_shape_are_a_field_error(given: Any) -> None:
    assert errors([keyed("a", given)], lookup=STORE)["a"]["credentials"].startswith("Invalid credentials: ")


def test_v13_a_store_that_cannot_be_read_is_a_field_error() -> None:
    found = errors([keyed("a", KEY)], lookup=Unreadable())
    assert found == {"a": {"credentials": "Credentials not available: the vault is closed"}}


def test_v14_credentials_of_somebody_else_are_unknown() -> None:
    assert errors([keyed("a", {**KEY, "id": "9"})], lookup=STORE) == {"a": {"credentials": "Unknown credentials #9"}}


def test_v15_credentials_must_be_of_the_stated_provider_and_type() -> None:
    found = errors([keyed("a", {**KEY, "id": "2"})], lookup=STORE)
    assert found == {"a": {"credentials": "Invalid credentials: type/provider mismatch"}}


def test_v16_a_node_with_optional_credentials_is_skipped_without_them() -> None:
    check = run([keyed("a", credentials_optional=True), echo("b", x=1)])
    assert check.skip == {uid("a")}


def test_v16_the_constant_credential_of_such_a_node_is_ignored_the_one_of_the_run_is_not() -> None:
    nodes = [keyed("a", KEY, credentials_optional=True)]
    assert run(nodes, lookup=STORE).skip == {uid("a")}
    chosen = run(nodes, chosen={"github_api_key_credentials": KEY}, lookup=STORE)
    assert chosen.skip == frozenset()
    assert chosen.masks == {str(uid("a")): {"credentials": KEY}}


def test_v16_another_error_of_its_credentials_is_not_skipped() -> None:
    nodes = [keyed("a", credentials_optional=True)]
    found = errors(nodes, chosen={"github_api_key_credentials": {**KEY, "id": "9"}}, lookup=STORE)
    assert found == {"a": {"credentials": "Unknown credentials #9"}}


def test_credentials_of_the_run_reach_sub_graphs_and_win_over_constants_and_masks() -> None:
    child = body([keyed("c")])
    mine = {"github_api_key_credentials": KEY}
    check = run([keyed("a", {**KEY, "id": "9"})], chosen=mine, children=[child], lookup=STORE)
    assert set(check.masks) == {str(uid("a")), str(uid("c"))}
    masked = run([keyed("a")], masks={str(uid("a")): {"credentials": "x", "x": 2}}, chosen=mine, lookup=STORE)
    assert masked.masks[str(uid("a"))] == {"credentials": KEY, "x": 2}


# -- The run as a whole


def test_v17_a_starting_node_must_be_able_to_run() -> None:
    with pytest.raises(GraphInvalid, match=r"The starting node .* \(EchoBlock\) cannot run: missing input: x"):
        run([echo("a", x=None)])
    with pytest.raises(GraphInvalid, match="cannot run: input data mismatch: number"):
        run([node("a", specs.TypedBlock, {"number": True})])


def test_v17_a_later_node_may_wait() -> None:
    run([echo("a", x=1), echo("b", x=None)], ["a.out -> b.x"])


def test_v17_a_skipped_node_does_not_have_to_be_able_to_run() -> None:
    run([node("a", specs.KeyedBlock, {"x": None}, credentials_optional=True), echo("b", x=1)])


@pytest.mark.parametrize(
    ("nodes", "links"),
    [
        ([], []),
        ([node("a", specs.NoteBlock, {"text": "t"})], []),
        ([echo("a"), echo("b")], ["a.out -> b.x", "b.out -> a.x"]),
    ],
)
def test_v18_a_run_needs_a_start(nodes: list[dict[str, Any]], links: list[str]) -> None:
    with pytest.raises(GraphInvalid, match="No starting nodes found"):
        run(nodes, links)


def graph_input(key: str, name: str, **constants: Any) -> dict[str, Any]:
    return node(key, specs.InBlock, {"name": name, **constants})


def test_d18_missing_and_unknown_inputs_are_only_mentioned() -> None:
    check = run([graph_input("a", "city"), graph_input("b", "land", value="A")], inputs={"moon": 1})
    assert check.warnings == [
        "The input 'city' has no value; what depends on it will not run.",
        "There is no input 'moon'; its value was ignored.",
    ]


def test_masks_and_credentials_for_nothing_are_only_mentioned() -> None:
    check = run([echo("a", x=1)], masks={"ghost": {"x": 1}}, chosen={"moon_credentials": KEY})
    assert check.warnings == [
        "There is no node ghost; its mask was ignored.",
        "The graph takes no 'moon_credentials'; they were ignored.",
    ]


@pytest.mark.parametrize("masks", [[], "x", {"a": 5}])
def test_masks_of_a_wrong_shape_are_refused(masks: Any) -> None:
    with pytest.raises(GraphInvalid, match=r"nodes_input_masks.* must be an object"):
        run([echo("a", x=1)], masks=masks)


def test_the_whole_map_says_how_much_is_wrong() -> None:
    with pytest.raises(GraphValidationError) as caught:
        run([echo("a"), node("b", specs.KeyedBlock)])
    assert str(caught.value) == "Graph validation failed: 3 issues on 2 nodes"
    assert caught.value.detail["type"] == "validation_error"
    assert f"Node {uid('a')}:\n  x: This field is required" in caught.value.as_text()


def test_a_graph_beyond_the_limits_is_refused() -> None:
    limits = Limits(nodes=1, links=0, depth=3)
    check_size(body([echo("a")]), limits)
    with pytest.raises(GraphTooLarge, match="has 2 nodes; at most 1"):
        check_size(body([echo("a"), echo("b")]), limits)
    with pytest.raises(GraphTooLarge, match="has 1 links"):
        check_size(body([echo("a")], ["a.out -> a.x"]), limits)
