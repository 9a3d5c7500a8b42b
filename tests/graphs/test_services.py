from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from accounts.models import User
from blocks.library.agent_executor import AgentExecutorBlock
from blocks.library.agent_input import AgentInputBlock
from blocks.library.store_value import StoreValueBlock
from graphs import services
from graphs.errors import BodyInvalid, GraphInvalid, GraphNotFound, GraphTooLarge, GraphValidationError
from graphs.models import Graph, GraphVersion, Link, Node
from graphs.plans import plan_of
from tests.conformance_blocks.echo import EchoBlock
from tests.graphs.bodies import graph, node


@pytest.fixture
def other(db: None) -> User:
    return User.objects.create_user("bob")


def echo(key: str, **constants: Any) -> dict[str, Any]:
    return node(key, EchoBlock, constants)


def agent(key: str, graph_id: object, version: int = 1, **more: Any) -> dict[str, Any]:
    schemas: dict[str, Any] = {"input_schema": {"properties": {"q": {}}}, "output_schema": {"properties": {"ans": {}}}}
    return node(key, AgentExecutorBlock, {"graph_id": str(graph_id), "graph_version": version, **schemas, **more})


PAIR = graph([echo("a", x=1), echo("b")], ["a.out -> b.x"])


def rows() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Graph, GraphVersion, Node, Link))


# -- Create


def test_a_new_graph_gets_new_ids_and_its_links_follow(user: User) -> None:
    version = services.create(user, {**PAIR, "id": "sent"})
    first, second = version.nodes.order_by("position")
    link = version.links.get()
    assert (version.version, version.graph.owner, version.graph.active_version) == (1, user, 1)
    assert (link.source_id, link.sink_id) == (first.id, second.id)
    assert (first.input_default, str(version.graph_id) != "sent") == ({"x": 1}, True)


def test_the_order_of_nodes_links_and_keys_is_kept(user: User) -> None:
    nodes = [echo(key, z=1, a=2) for key in "cab"]
    version = services.create(user, graph(nodes, ["b.out -> a.x", "a.out -> b.x", "b.out -> c.x"]))
    assert list(version.nodes.order_by("position").values_list("position", flat=True)) == [0, 1, 2]
    assert [link.position for link in version.links.order_by("position")] == [0, 1, 2]
    assert list(version.nodes.get(position=0).input_default) == ["z", "a"]


def test_v5_links_of_static_outputs_become_static(user: User) -> None:
    store = node("s", StoreValueBlock, {"input": 1})
    version = services.create(user, graph([store, echo("b"), echo("c")], ["s.output -> b.x", "b.out -> c.x"]))
    assert list(version.links.order_by("position").values_list("is_static", flat=True)) == [True, False]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"name": "g"}, BodyInvalid),
        (graph([echo("a")], ["a.nope -> a.x"]), GraphInvalid),
        (graph([echo("a")], ["a.out -> ghost.x"]), GraphInvalid),
        (graph([echo("a")], sub_graphs=[graph([node("i", AgentInputBlock)])]), GraphInvalid),
    ],
)
def test_a_refused_graph_leaves_nothing_behind(user: User, body: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        services.create(user, body)
    assert rows() == (0, 0, 0, 0)


def test_a_graph_beyond_the_limits_is_not_stored(user: User, settings: Any) -> None:
    settings.MAX_NODES = 1
    with pytest.raises(GraphTooLarge, match="has 2 nodes; at most 1"):
        services.create(user, PAIR)
    assert rows() == (0, 0, 0, 0)


def test_texts_that_databases_dislike_are_stored_or_refused(user: User) -> None:
    version = services.create(user, graph([echo("a", x="nul \0 and 🜚 and ' \" \\", **{"\0": 1})], name="🜚 '; --"))
    stored = GraphVersion.objects.get(id=version.id)
    assert (stored.name, stored.nodes.get().input_default["x"]) == ("🜚 '; --", "nul \0 and 🜚 and ' \" \\")


# -- Sub-graphs


CHILD = graph([node("i", AgentInputBlock, {"name": "q"})], id="child", name="child")


def test_embedded_sub_graphs_are_stored_and_their_callers_follow(user: User) -> None:
    version = services.create(user, graph([agent("s", "child")], sub_graphs=[CHILD]))
    child = GraphVersion.objects.get(name="child")
    constants = version.nodes.get().input_default
    assert (constants["graph_id"], constants["graph_version"]) == (str(child.graph_id), 1)
    assert (constants["user_id"], constants["inputs"]) == (str(user.id), {})
    assert services.sub_versions(version) == [child]


def test_a_call_names_the_version_of_an_embedded_sub_graph(user: User) -> None:
    children = [{**CHILD, "version": number, "name": f"child {number}"} for number in (3, 5)]
    version = services.create(user, graph([agent("a", "child", 5), agent("b", "child", 3)], sub_graphs=children))
    assert [sub.name for sub in services.sub_versions(version)] == ["child 5", "child 3"]


def test_sub_graphs_of_sub_graphs_are_found_breadth_first_and_once(user: User) -> None:
    middle = graph([agent("s", "child"), agent("t", "child")], id="middle", name="middle")
    version = services.create(user, graph([agent("m", "middle"), agent("c", "child")], sub_graphs=[middle, CHILD]))
    assert [sub.name for sub in services.sub_versions(version)] == ["middle", "child"]


def test_a_sub_graph_of_somebody_else_is_none(user: User, other: User) -> None:
    foreign = services.create(other, CHILD)
    version = services.create(user, graph([agent("s", foreign.graph_id)]))
    assert services.sub_versions(version) == []


def test_a_call_of_a_graph_that_does_not_exist_can_be_saved(user: User) -> None:
    for graph_id, number in ((uuid4(), 1), ("no uuid", 1), (uuid4(), 10**12)):
        assert services.sub_versions(services.create(user, graph([agent("s", graph_id, number)]))) == []


@pytest.mark.parametrize("called", ["self", "child"])
def test_graphs_that_call_each_other_in_a_circle_are_not_stored(user: User, called: str) -> None:
    child = graph([agent("s", "self")], id="child", name="child")
    with pytest.raises(GraphInvalid, match="in a circle"):
        services.create(user, graph([agent("s", called)], id="self", sub_graphs=[child]))
    assert rows() == (0, 0, 0, 0)


def test_a_circle_through_a_later_version_is_refused_when_it_would_close(user: User) -> None:
    first = services.create(user, PAIR)
    caller = services.create(user, graph([agent("s", first.graph_id, 2)]))
    with pytest.raises(GraphInvalid, match="in a circle"):
        services.update(user, first.graph_id, graph([agent("s", caller.graph_id)]))
    assert services.find(user, first.graph_id).version == 1


def test_sub_graphs_nested_too_deep_are_not_stored(user: User, settings: Any) -> None:
    settings.MAX_DEPTH = 1
    child = services.create(user, CHILD)
    middle = services.create(user, graph([agent("s", child.graph_id)]))
    with pytest.raises(GraphTooLarge, match="nested 2 levels deep"):
        services.create(user, graph([agent("s", middle.graph_id)]))


def test_what_runs_below_one_graph_is_limited_in_all(user: User, settings: Any) -> None:
    settings.MAX_NODES = 2
    child = services.create(user, PAIR)
    for _ in range(9):
        services.update(user, child.graph_id, PAIR)
    services.create(user, graph([agent("a", child.graph_id, 1), agent("b", child.graph_id, 2)]))
    nodes = [agent(f"s{number}", child.graph_id, number) for number in range(1, 11)]
    middle = [services.create(user, graph(nodes[part : part + 2])).graph_id for part in range(0, 10, 2)]
    upper = [services.create(user, graph([agent("a", middle[part]), agent("b", middle[part + 1])])) for part in (0, 2)]
    with pytest.raises(GraphTooLarge, match="of 20 nodes together"):
        services.create(user, graph([agent("a", upper[0].graph_id), agent("b", upper[1].graph_id)]))


# -- Update, activate, delete, find


def test_an_update_is_a_new_version_with_new_nodes_and_becomes_active(user: User) -> None:
    first = services.create(user, PAIR)
    second = services.update(user, first.graph_id, {**PAIR, "name": "renamed", "id": str(first.graph_id).upper()})
    assert (second.graph_id, second.version, second.name) == (first.graph_id, 2, "renamed")
    assert services.find(user, first.graph_id, "active") == second
    assert not set(first.nodes.values_list("id")) & set(second.nodes.values_list("id"))


def test_an_inactive_update_leaves_the_active_version(user: User) -> None:
    first = services.create(user, PAIR)
    services.update(user, first.graph_id, {**PAIR, "is_active": False})
    assert services.find(user, first.graph_id, "active") == first
    assert services.find(user, first.graph_id).version == 2
    services.activate(user, first.graph_id, 2)
    assert services.find(user, first.graph_id, "active").version == 2


def test_an_update_refers_to_the_sub_graphs_that_exist_and_creates_the_others(user: User) -> None:
    first = services.create(user, graph([agent("s", "child")], sub_graphs=[CHILD]))
    child = services.sub_versions(first)[0]
    known = {**CHILD, "id": str(child.graph_id), "name": "ignored"}
    nodes = [agent("s", child.graph_id), agent("t", "fresh")]
    second = services.update(
        user, first.graph_id, graph(nodes, sub_graphs=[known, {**CHILD, "id": "fresh", "name": "fresh"}])
    )
    assert [sub.name for sub in services.sub_versions(second)] == ["child", "fresh"]
    assert not GraphVersion.objects.filter(name="ignored").exists()


def test_a_body_with_another_id_is_refused(user: User) -> None:
    first = services.create(user, PAIR)
    with pytest.raises(GraphInvalid, match="the address names"):
        services.update(user, first.graph_id, {**PAIR, "id": str(uuid4())})
    assert first.graph.versions.count() == 1


@pytest.mark.parametrize("act", ["find", "update", "activate"])
def test_graphs_of_others_unknown_and_deleted_ones_are_not_found(user: User, other: User, act: str) -> None:
    deleted = services.create(user, PAIR).graph_id
    services.delete(user, deleted)
    arguments: dict[str, Any] = {"find": (), "update": (PAIR,), "activate": (1,)}
    for graph_id in (services.create(other, PAIR).graph_id, uuid4(), "no id", deleted):
        with pytest.raises(GraphNotFound):
            getattr(services, act)(user, graph_id, *arguments[act])


@pytest.mark.parametrize("version", [2, 0, -1, 10**30, "x"])
def test_a_version_that_does_not_exist_is_not_found(user: User, version: Any) -> None:
    first = services.create(user, PAIR)
    with pytest.raises(GraphNotFound):
        services.find(user, first.graph_id, version)


def test_deleting_hides_a_graph_and_counts_its_versions(user: User, other: User) -> None:
    first = services.create(user, PAIR)
    services.update(user, first.graph_id, PAIR)
    assert services.delete(other, first.graph_id) == 0
    assert services.delete(user, first.graph_id) == 2
    assert services.delete(user, first.graph_id) == 0
    assert Graph.objects.get().deleted_at is not None


# -- Before a run


def test_a_run_is_checked_with_all_sub_graphs(user: User) -> None:
    child = graph([echo("e")], id="child")
    version = services.create(user, graph([agent("s", "child"), echo("a")], sub_graphs=[child]))
    with pytest.raises(GraphValidationError) as caught:
        services.check_start(version, inputs={}, masks={}, credentials_inputs={})
    assert len(caught.value.node_errors) == 2


def test_a_graph_that_is_complete_may_start(user: User) -> None:
    version = services.create(user, PAIR)
    check = services.check_start(version, inputs={"extra": 1}, masks={}, credentials_inputs={})
    assert (check.skip, check.masks, len(check.warnings)) == (frozenset(), {}, 1)


def test_a_plan_is_read_with_three_queries_and_then_from_memory(user: User, django_assert_num_queries: Any) -> None:
    version = services.create(user, PAIR)
    with django_assert_num_queries(3):
        plan = plan_of(version.id)
    with django_assert_num_queries(0):
        assert plan_of(version.id) is plan
    assert [node.constants for node in plan.nodes.values()] == [{"x": 1}, {}]


def test_a_plan_of_nothing_is_not_found(db: None) -> None:
    with pytest.raises(GraphNotFound):
        plan_of(uuid4())


def test_a_failing_transaction_around_a_new_graph_takes_it_back(user: User) -> None:
    with transaction.atomic():
        services.create(user, PAIR)
        transaction.set_rollback(True)
    assert rows() == (0, 0, 0, 0)
