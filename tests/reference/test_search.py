from copy import deepcopy

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference.graphs import graphs
from tests.reference.interpreter import Interpretation, Refused
from tests.reference.record import as_detail
from tests.reference.scenarios import Json, Scenario
from tests.reference.schedules import at_random
from tests.reference.search import Search, Seen


def seen(run: Interpretation) -> dict[str, list[Seen]]:
    return {
        node.id: [Seen(one.stored if one.data is None else one.taken, one.data is not None) for one in node.executions]
        for node in run.nodes.values()
    }


@settings(deadline=None)
@given(graphs(), st.integers(0, 1000))
def test_a_result_is_found_whatever_order_it_came_from(scenario: Scenario, seed: int) -> None:
    try:
        run = scenario.interpreted(at_random(seed))
    except Refused:
        return
    assert Search(seen(run), as_detail(run)).succeeds(scenario.begun())


def test_a_pairing_that_no_order_gives_is_not_found() -> None:
    nodes: dict[str, tuple[str, Json, Json]] = {
        "m": ("Multi", {"xs": [1, 2]}, {}),
        "k": ("Multi", {"xs": ["x", "y"]}, {}),
        "p": ("Pair", {}, {}),
    }
    scenario = Scenario(nodes, ["m.item -> p.a", "k.item -> p.b"])
    run = scenario.interpreted()
    first, second = run.nodes["p"].executions
    for one, other in ((first, "y"), (second, "x")):
        assert one.data is not None
        one.taken = one.stored = one.data = {"a": one.data["a"], "b": other}
        one.outputs = [("out", [one.data["a"], other])]
    assert not Search(seen(run), as_detail(run)).succeeds(scenario.begun())


def test_a_delivery_that_is_missing_is_not_found() -> None:
    scenario = Scenario({"m": ("Multi", {"xs": [1, 2]}, {}), "e": ("Echo", {}, {})}, ["m.item -> e.x"])
    run = scenario.interpreted()
    detail = deepcopy(as_detail(run))
    detail["node_executions"].pop()
    assert not Search(seen(run), detail).succeeds(scenario.begun())
