"""The reference interpreter does what the specification's scenarios say, in every order that is tried."""

from collections.abc import Sequence

import pytest

from tests.reference import scenarios
from tests.reference.interpreter import Choose, Endless, Execution, Refused
from tests.reference.record import as_detail, exact
from tests.reference.scenarios import Scenario, differences
from tests.reference.schedules import last, recorded, several

EVERY = [*scenarios.load(scenarios.SUITE), *scenarios.load(scenarios.ROWS)]


def graph(nodes: dict[str, tuple[str, dict[str, object]]], *links: str) -> Scenario:
    return Scenario({key: (*what, {}) for key, what in nodes.items()}, links)


def ends(scenario: Scenario, choose: Choose) -> list[str]:
    return list(differences(scenario, as_detail(scenario.interpreted(choose))))


@pytest.mark.parametrize("scenario", EVERY, ids=lambda scenario: scenario.id)
def test_a_scenario_ends_as_expected_in_any_order(scenario: Scenario) -> None:
    assert [ends(scenario, choose) for choose in several()] == [[]] * len(several())


def test_most_scenarios_of_the_suite_are_runs_of_one_graph() -> None:
    assert len(EVERY) > 120


def test_an_execution_may_be_overtaken_between_two_of_its_outputs() -> None:
    started: list[str] = []

    def choose(movable: Sequence[Execution]) -> Execution:
        started.append(movable[-1].node)
        return movable[-1]

    graph({"m": ("Multi", {"xs": [1, 2]}), "e": ("Echo", {})}, "m.item -> e.x").interpreted(choose)
    assert started == ["m", "e", "e", "m", "e", "e", "m"]


def test_a_recorded_order_is_followed_execution_by_execution() -> None:
    streams = graph({"a": ("Multi", {"xs": [1, 2]}), "b": ("Multi", {"xs": [3]}), "e": ("Echo", {})},
                    "a.item -> e.x", "b.item -> e.x")  # fmt: skip
    run = streams.interpreted(recorded([("b", 0), ("e", 0), ("a", 0), ("e", 2), ("e", 1)]))
    assert exact(as_detail(run))["nodes"]["e"][0]["input"] == {"x": "3"}


def test_a_graph_in_which_everything_waits_is_refused() -> None:
    with pytest.raises(Refused):
        graph({"a": ("Echo", {})}, "a.out -> a.x").interpreted()


def test_a_starting_node_that_is_not_ready_is_refused() -> None:
    with pytest.raises(Refused):
        graph({"a": ("Int", {"x": True})}).interpreted()


def test_a_loop_without_an_end_is_noticed() -> None:
    with pytest.raises(Endless):
        graph({"a": ("Echo", {"x": 1}), "b": ("Echo", {})}, "a.out -> b.x", "b.out -> b.x").interpreted(last)
