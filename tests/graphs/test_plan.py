from typing import Any
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from graphs.plan import LinkRow, NodeRow, Plan, compile_plan
from graphs.retry import RetryPolicy
from tests.graphs.specs import AgentBlock, EchoBlock, InBlock, NoteBlock, spec_of

ECHO, IN, NOTE, AGENT = EchoBlock.id, InBlock.id, NoteBlock.id, AgentBlock.id


def plan(blocks: list[str], links: list[tuple[int, str, int, str]], constants: dict[int, Any] | None = None) -> Plan:
    ids = [uuid4() for _ in blocks]
    nodes = [NodeRow(ids[i], block, (constants or {}).get(i, {}), {}, i) for i, block in enumerate(blocks)]
    rows = [
        LinkRow(uuid4(), ids[source], pin, ids[sink], sink_pin.rstrip("!"), sink_pin.endswith("!"), place)
        for place, (source, pin, sink, sink_pin) in enumerate(links)
    ]
    return compile_plan(
        graph_id=uuid4(), version=1, version_id=uuid4(), name="g", nodes=nodes[::-1], links=rows[::-1], spec_of=spec_of
    )


def at(compiled: Plan, place: int) -> Any:
    return list(compiled.nodes.values())[place]


def places(compiled: Plan, ids: tuple[UUID, ...]) -> list[int]:
    order = list(compiled.nodes)
    return [order.index(node_id) for node_id in ids]


def test_nodes_and_links_keep_the_order_of_the_graph() -> None:
    compiled = plan([ECHO, ECHO], [(0, "out", 1, "b"), (0, "out", 1, "a"), (0, "err", 1, "b")])
    assert [node.position for node in compiled.nodes.values()] == [0, 1]
    assert [link.sink_name for link in at(compiled, 0).outbound] == ["b", "a", "b"]
    assert [link.source_name for link in at(compiled, 1).inbound] == ["out", "out", "err"]


def test_a_run_starts_at_nodes_without_links_and_at_every_input_but_never_at_a_note() -> None:
    compiled = plan([NOTE, ECHO, IN, ECHO], [(1, "out", 2, "value"), (1, "out", 3, "x")])
    assert places(compiled, compiled.starting) == [1, 2]


def test_a_cycle_has_no_start() -> None:
    assert plan([ECHO, ECHO], [(0, "out", 1, "x"), (1, "out", 0, "x")]).starting == ()


def test_several_links_into_one_pin_are_not_paired() -> None:
    compiled = plan([ECHO, ECHO, ECHO], [(0, "out", 2, "x"), (1, "out", 2, "x")])
    assert at(compiled, 2).pins == {"x"}
    assert not at(compiled, 2).paired


def test_two_pins_or_a_static_link_are_paired() -> None:
    assert at(plan([ECHO, ECHO], [(0, "out", 1, "x"), (0, "out", 1, "y")]), 1).paired
    static = at(plan([ECHO, ECHO], [(0, "out", 1, "x!")]), 1)
    assert static.paired
    assert static.static_pins == {"x"}


def test_dynamic_names_are_known_before_any_value_arrives() -> None:
    assert at(plan([ECHO, ECHO], [(0, "out", 1, "x_#_a")]), 1).dynamic
    assert at(plan([ECHO], [], {0: {"x_$_0": 1}}), 0).dynamic
    assert not at(plan([ECHO, ECHO], [(0, "out_#_k", 1, "x")], {1: {"y": {}}}), 1).dynamic


def test_only_nodes_of_type_agent_know_a_called_graph() -> None:
    compiled = plan([AGENT, ECHO], [], {0: {"graph_id": "g", "graph_version": 2}, 1: {"graph_id": "h"}})
    assert (at(compiled, 0).agent.graph_id, at(compiled, 0).agent.graph_version) == ("g", 2)
    assert at(compiled, 1).agent is None


def test_the_retry_policy_comes_from_the_metadata() -> None:
    row = NodeRow(uuid4(), ECHO, {}, {"retry": {"attempts": 3}, "timeout_seconds": 5}, 0)
    compiled = compile_plan(
        graph_id=uuid4(), version=1, version_id=uuid4(), name="g", nodes=[row], links=[], spec_of=spec_of
    )
    assert at(compiled, 0).retry == RetryPolicy(attempts=3)
    assert at(compiled, 0).timeout == 5


PINS = st.sampled_from(["x", "y", "x_#_a", "x!"])
LINKS = st.lists(st.tuples(st.integers(0, 4), st.just("out"), st.integers(0, 4), PINS), max_size=12)


@given(st.lists(st.sampled_from([ECHO, IN, NOTE, AGENT, "unknown"]), min_size=5, max_size=5), LINKS)
def test_every_link_is_found_from_both_of_its_ends(blocks: list[str], links: list[tuple[int, str, int, str]]) -> None:
    compiled = plan(blocks, links)
    outbound = [link for node in compiled.nodes.values() for link in node.outbound]
    inbound = [link for node in compiled.nodes.values() for link in node.inbound]
    assert {link.id for link in outbound} == {link.id for link in inbound}
    assert len(outbound) == len(inbound) == len(links)
    for node in compiled.nodes.values():
        assert node.pins == {link.sink_name for link in node.inbound}
        assert node.static_pins <= node.pins
        assert [link.position for link in node.outbound] == sorted(link.position for link in node.outbound)
