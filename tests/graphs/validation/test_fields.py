"""Rules of single fields, each by its number in the specification."""

from typing import Any

import pytest

from graphs.errors import GraphInvalid
from graphs.validate import problems_saved
from tests.graphs import specs
from tests.graphs.bodies import body, node
from tests.graphs.checks import agent, echo, errors, run, save, uid
from tests.graphs.specs import spec_of


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
