"""What a run would cost, before it."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from blocks import registry
from credits import prices
from executions.estimate import Estimate, Figures, of_version
from executions.pricing import tariff
from tests.executions.driver import Driver
from tests.executions.runs import TEST_BLOCKS
from tests.graphs_for_tests import IDS, Build, Built

SMART_DECISION_MAKER = "3b191d9f-356f-482d-8238-ba04b6d18381"


@pytest.fixture(autouse=True)
def own_prices() -> Iterator[None]:
    prices.forget()
    yield
    prices.forget()


def of(built: Built) -> Estimate:
    return of_version(built.version.graph.owner, built.version)


def figures(built: Built) -> tuple[int, int, int | None]:
    total = of(built).total
    return total.least, total.expected, total.most


def test_a_node_that_starts_costs_its_price_once(build: Build) -> None:
    assert figures(build({"a": ("Paid", {"x": 1}), "b": ("Paid", {"x": 1}), "e": ("Echo", {"x": 1})})) == (20, 20, 20)


def test_what_is_free_costs_nothing_and_is_not_listed(build: Build) -> None:
    estimate = of(build({"e": ("Echo", {"x": 1})}))
    assert (estimate.total, estimate.nodes) == (Figures(0, 0, 0), [])


@pytest.mark.parametrize(
    ("constants", "expected"),
    [
        ({"x": 1, "tier": "gold", "flag": True}, (7, 7, 7)),
        ({"x": 1, "tier": "silver", "flag": True}, (5, 5, 5)),
        ({"x": 1, "tier": "tin"}, (3, 3, 3)),
        ({"x": 1, "tier": "tin", "flag": True}, (0, 0, 0)),
    ],
)
def test_the_price_follows_from_constants(build: Build, constants: dict[str, Any], expected: tuple[int, ...]) -> None:
    assert figures(build({"t": ("Tariff", constants)})) == expected


def test_what_comes_by_a_link_may_cost_any_of_the_prices_that_are_possible(build: Build) -> None:
    built = build({"e": ("Echo", {"x": 1}), "t": ("Tariff", {"x": 1, "flag": True})}, "e.out -> t.tier")
    [node] = of(built).nodes
    assert (node.cost, node.reason.split(";")[0]) == (Figures(0, 4, 7), "0 to 7 credits, as its input will be")


def test_without_runs_one_value_is_counted_and_runs_tell_more(drive: Driver, build: Build) -> None:
    built = build({"m": ("Multi", {"xs": [1, 2, 3]}), "c": "Paid"}, "m.item -> c.x")
    [node] = of(built).nodes
    assert (node.cost, node.per_pass) == (Figures(0, 10, 10), False)
    assert "one is counted" in node.reason
    for xs in ([1, 2, 3], [1], [1, 2, 3, 4, 5]):
        drive(built.start(masks={"m": {"xs": xs}}))
    [node] = of(built).nodes
    assert (node.executions, node.cost) == (Figures(1, 3, 5), Figures(10, 30, 50))
    assert node.reason == "10 credits; ran 1 to 5 times in each of the last 3 runs"


def test_what_is_learned_is_priced_with_the_prices_of_now(drive: Driver, build: Build) -> None:
    built = build({"m": ("Multi", {"xs": [1, 2]}), "c": "Paid"}, "m.item -> c.x")
    drive(built.start())
    prices.set_price(block_id=IDS["Paid"], amount=3, reason="offer")
    assert figures(built) == (6, 6, 6)


def test_a_loop_is_counted_per_pass_until_a_run_tells(build: Build) -> None:
    built = build({"s": ("Echo", {"x": 1}), "a": "Paid", "b": "Paid"}, "s.out -> a.x", "a.out -> b.x", "b.out -> a.x")
    estimate = of(built)
    assert (estimate.per_pass, estimate.total) == (True, Figures(0, 20, 20))
    assert [node.reason for node in estimate.nodes] == ["10 credits; is on or behind a loop: counted per pass"] * 2


def test_what_is_paid_by_use_has_no_most_until_a_run_tells(drive: Driver, build: Build) -> None:
    count = TEST_BLOCKS["Count"]
    prices.set_price(block_id=count, amount=1, type="byte", reason="test")
    built = build({"c": (count, {"n": 3})})
    assert figures(built) == (0, 0, None)
    cost = drive(built.start()).stats["cost"]
    assert figures(built) == (0, cost, cost)


def test_runs_below_are_a_part_of_it(build: Build) -> None:
    child = build({"a": ("Paid", {"x": 1}), "b": ("Paid", {"x": 1})}, name="child")
    parent = build({"c": ("Paid", {"x": 1}), "s": build.executor(child)})
    assert figures(parent) == (30, 30, 30)
    assert "a run of “child”" in of(parent).nodes[1].reason


def test_who_brings_a_key_pays_nothing(build: Build) -> None:
    spec = registry.get(SMART_DECISION_MAKER)
    assert spec is not None
    data = {"prompt": "x", "model": "gpt-4o"}
    own = {"credentials": {"id": str(uuid4()), "provider": "openai", "type": "api_key"}}
    platform = {"credentials": {"id": "system:openai", "provider": "openai", "type": "api_key"}}
    found = tariff(spec, data | platform)
    assert found is not None
    assert found.cost.amount == 3
    assert tariff(spec, data | own) is tariff(spec, data) is None


def test_an_estimate_over_http(api: APIClient, build: Build, user: User) -> None:
    built = build({"t": ("Tariff", {"x": 1, "tier": "gold", "flag": True})})
    address = f"/v1/graphs/{built.version.graph_id}/estimate"
    answer = api.post(address, {"inputs": {}}).json()
    assert (answer["min"], answer["expected"], answer["max"], answer["runs"]) == (7, 7, 7, 0)
    [node] = answer["nodes"]
    assert (node["node_id"], node["executions"]["max"]) == (str(built.ids["t"]), 1)
    masked = {"nodes_input_masks": {str(built.ids["t"]): {"tier": "silver"}}, "version": 1}
    assert api.post(address, masked).json()["max"] == 5
    assert api.post(address, {"version": 9}).status_code == 404
    assert api.post(f"/v1/graphs/{uuid4()}/estimate", {}).status_code == 404
    assert api.post(address, {"version": "new"}).status_code == 422


def test_what_could_not_be_started_is_refused(api: APIClient, build: Build) -> None:
    built = build({"c": "Paid"})
    answer = api.post(f"/v1/graphs/{built.version.graph_id}/estimate", {})
    assert (answer.status_code, "node_errors" in answer.json()["detail"]) == (400, True)


def test_an_estimate_in_the_admin(admin_client: Client, build: Build) -> None:
    version = build({"c": ("Paid", {"x": 1})}).version
    page = admin_client.get(f"/admin/graphs/graphversion/{version.pk}/change/").content.decode()
    assert "What would a run cost?" in page
    shown = admin_client.get(f"/admin/executions/graphexecution/estimate/{version.pk}/").content.decode()
    assert "10 credits; runs once, at the start" in shown
    assert admin_client.get(f"/admin/executions/graphexecution/estimate/{uuid4()}/").status_code == 404
