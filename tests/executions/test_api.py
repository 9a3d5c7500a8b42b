"""Runs over HTTP."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

import credits.services
from accounts.models import User
from executions.engine import admission
from executions.models import GraphExecution, NodeExecution
from executions.states import Status
from tests.executions.driver import Driver
from tests.graphs_for_tests import Build, Built

pytestmark = [pytest.mark.usefixtures("drive")]


def execute(api: APIClient, built: Built, **body: Any) -> Any:
    graph = built.version.graph_id
    return api.post(f"/v1/graphs/{graph}/execute/{built.version.version}", body, format="json")


def address(run: GraphExecution) -> str:
    return f"/v1/graphs/{run.graph_version.graph_id}/executions/{run.pk}"


@pytest.mark.parametrize(
    "body",
    [{"inputs": {"q": "hi"}, "credentials_inputs": {}}, {"input_data": {"q": "hi"}, "input_credentials": {}}],
    ids=["today's spelling", "the older spelling"],
)
def test_a_run_is_started_and_read(api: APIClient, build: Build, drive: Driver, body: dict[str, Any]) -> None:
    built = build({"i": ("AgentInput", {"name": "q"}), "o": ("AgentOutput", {"name": "ans"})}, "i.result => o.value")
    answer = execute(api, built, **body)
    assert (answer.status_code, answer.json()["status"]) == (200, "QUEUED")
    run = GraphExecution.objects.get(pk=answer.json()["id"])
    drive(run)
    read = api.get(address(run)).json()
    assert (read["status"], read["outputs"]) == ("COMPLETED", {"ans": ["hi"]})
    assert read["stats"]["node_exec_count"] == 2
    assert [node["status"] for node in read["node_executions"]] == ["COMPLETED", "COMPLETED"]
    assert read["unmet_inputs"] == []


def test_missing_and_unknown_inputs_are_warnings(api: APIClient, build: Build) -> None:
    built = build({"i": ("AgentInput", {"name": "q"})})
    warnings = execute(api, built, inputs={"p": 1}).json()["warnings"]
    assert any("q" in text for text in warnings)
    assert any("p" in text for text in warnings)


def test_field_errors_name_node_and_field(api: APIClient, build: Build) -> None:
    built = build({"p": ("Pair", {"a": 1})})
    answer = execute(api, built)
    assert answer.status_code == 400
    detail = answer.json()["detail"]
    assert detail["type"] == "validation_error"
    assert detail["node_errors"] == {str(built.ids["p"]): {"b": "This field is required"}}
    assert not GraphExecution.objects.exists()


def test_without_credits_no_run_is_started(api: APIClient, build: Build, user: User) -> None:
    credits.services.grant(user.pk, -credits.services.balance(user.pk), reason="test")
    answer = execute(api, build({"a": ("Echo", {"x": 1})}))
    assert answer.status_code == 402
    assert "balance is 0" in answer.json()["message"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"inputs": []}, 422),
        ({"inputs": 3}, 422),
        ({"nodes_input_masks": {"x": 1}}, 422),
        ({"nodes_input_masks": {"no node": {"x": 1}}}, 422),
    ],
)
def test_bad_bodies_are_refused_in_words(api: APIClient, build: Build, body: dict[str, Any], status: int) -> None:
    answer = execute(api, build({"a": ("Echo", {"x": 1})}), **body)
    assert (answer.status_code, set(answer.json())) == (status, {"message", "detail", "hint"})


def test_runs_of_others_do_not_exist(api: APIClient, build: Build) -> None:
    run = build({"a": ("Echo", {"x": 1})}).start()
    stranger = APIClient()
    stranger.force_authenticate(User.objects.create_user("eve"))
    assert stranger.get(address(run)).status_code == 404
    assert stranger.post(address(run) + "/stop").status_code == 404
    assert stranger.get(f"/v1/graphs/{run.graph_version.graph_id}/executions").status_code == 404
    assert stranger.get("/v1/executions").json() == []
    assert api.get(f"/v1/graphs/{uuid4()}/executions/{run.pk}").status_code == 404
    assert APIClient().get(address(run)).status_code == 401


def test_a_stop_answers_with_the_run_after_it_and_may_be_repeated(api: APIClient, build: Build) -> None:
    run = build({"a": ("Echo", {"x": 1})}).start()
    for _ in range(2):
        answer = api.post(address(run) + "/stop")
        assert (answer.status_code, answer.json()["status"]) == (200, "TERMINATED")
    assert api.post(f"/v1/graphs/{run.graph_version.graph_id}/executions/{uuid4()}/stop").status_code == 404


def test_more_starts_than_allowed_are_told_when_to_come_back(
    api: APIClient, build: Build, settings: Any, broker: None
) -> None:
    settings.STARTS_PER_MINUTE = 2
    built = build({"a": ("Echo", {"x": 1})})
    answers = [execute(api, built) for _ in range(5)]  # a minute may begin in between
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert 1 <= int(refused[0]["Retry-After"]) <= 60
    assert GraphExecution.objects.count() == 5 - len(refused)


def test_node_executions_come_in_pages_of_a_thousand(api: APIClient, build: Build, settings: Any) -> None:
    run = build({"a": ("Echo", {"x": 1})}).start()
    [first] = run.node_executions.all()
    more = [
        NodeExecution(run=run, node_id=first.node_id, ordinal=number, add_time=run.created_at) for number in range(1500)
    ]
    NodeExecution.objects.bulk_create(more)
    page = api.get(address(run)).json()
    assert (len(page["node_executions"]), page["node_executions_total"]) == (1000, 1501)
    rest = api.get(address(run), {"after": page["node_executions"][-1]["node_exec_id"]}).json()["node_executions"]
    assert len(rest) == 501
    assert not {one["node_exec_id"] for one in rest} & {one["node_exec_id"] for one in page["node_executions"]}


def test_what_never_came_is_reported(api: APIClient, build: Build, drive: Driver) -> None:
    built = build(
        {"m": ("Multi", {"xs": [1, 2]}), "b": ("Echo", {"x": 0}), "p": "Pair"}, "m.item -> p.a", "b.out -> p.b"
    )
    run = built.start()
    drive(run)
    [unmet] = api.get(address(run)).json()["unmet_inputs"]
    assert (unmet["node_id"], unmet["missing"]) == (str(built.ids["p"]), ["b"])


def test_a_null_on_a_required_pin_is_reported(api: APIClient, build: Build, drive: Driver) -> None:
    built = build({"n": ("Nil", {"x": 1}), "e": "Echo"}, "n.out -> e.x")
    run = built.start()
    drive(run)
    [unmet] = api.get(address(run)).json()["unmet_inputs"]
    assert unmet["missing"] == ["x"]


Counter = Callable[..., Any]


@pytest.mark.parametrize("number", [1, 12])
def test_lists_cost_the_same_queries_for_any_number(
    api: APIClient, build: Build, django_assert_num_queries: Counter, number: int
) -> None:
    built = build({"a": ("Echo", {"x": 1})})
    for _ in range(number):
        built.start()
    with django_assert_num_queries(1):
        assert len(api.get("/v1/executions").json()) == number
    with django_assert_num_queries(3):
        page = api.get(f"/v1/graphs/{built.version.graph_id}/executions").json()
    assert page["pagination"] == {"total_items": number, "total_pages": 1, "current_page": 1, "page_size": 25}


@pytest.mark.parametrize("branches", [2, 20])
def test_a_detail_costs_the_same_queries_for_any_number_of_nodes(
    api: APIClient, build: Build, drive: Driver, django_assert_max_num_queries: Counter, branches: int
) -> None:
    nodes = {"m": ("Multi", {"xs": [1]}), "j": "CreateList"} | {f"n{i}": "Echo" for i in range(branches)}
    links = [f"m.item -> n{i}.x" for i in range(branches)] + [f"n{i}.out -> j.values_$_{i}" for i in range(branches)]
    run = build(nodes, *links).start()
    drive(run)
    with django_assert_max_num_queries(9):
        assert len(api.get(address(run)).json()["node_executions"]) == branches + 2


def test_a_user_has_only_so_many_runs_at_a_time(build: Build, settings: Any, drive: Driver) -> None:
    settings.MAX_RUNS_PER_GRAPH = 1
    built = build({"a": ("Echo", {"x": 1})})
    first, second = built.start(), built.start()
    assert admission.admit(first.pk)
    assert not admission.admit(second.pk)
    drive.messages = [message for message in drive.messages if message.id != second.pk]
    drive(first)  # its end admits the next one
    assert drive(second).status == Status.COMPLETED
