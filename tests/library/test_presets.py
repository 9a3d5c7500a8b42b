"""Presets over HTTP: kept inputs, run again and again."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from executions.models import GraphExecution
from executions.states import Status
from graphs import services as graphs
from library import presets
from library.errors import PresetNotFound
from tests.executions.driver import Driver
from tests.executions.runs import afford
from tests.graphs_for_tests import Build, Built

pytestmark = [pytest.mark.usefixtures("drive")]
PRESETS = "/v1/library/presets"


@pytest.fixture
def built(build: Build) -> Built:
    names = {"a": ("AgentInput", {"name": "a"}), "b": ("AgentInput", {"name": "b"}), "p": "Pair"}
    return build(names, "a.result -> p.a", "b.result -> p.b")


def kept(api: APIClient, built: Built, **more: Any) -> Any:
    body = {
        "graph_id": str(built.version.graph_id),
        "graph_version": built.version.version,
        "name": "daily",
        "description": "",
        "inputs": {"a": 1, "b": 2},
        "credentials": {},
    }
    return api.post(PRESETS, body | more, format="json")


def test_a_preset_is_kept_listed_and_read(api: APIClient, built: Built) -> None:
    made = kept(api, built).json()
    assert (made["name"], made["inputs"], made["is_active"], made["webhook_id"]) == (
        "daily",
        {"a": 1, "b": 2},
        True,
        None,
    )
    assert api.get(f"{PRESETS}/{made['id']}").json() == made
    page = api.get(f"{PRESETS}?graph_id={made['graph_id']}").json()
    assert page["presets"] == [made]
    assert page["pagination"] == {"total_items": 1, "total_pages": 1, "current_page": 1, "page_size": 10}
    assert api.get(PRESETS).status_code == 422


def test_a_run_of_a_preset_takes_what_is_given_key_by_key(api: APIClient, built: Built, drive: Driver) -> None:
    made = kept(api, built).json()
    answer = api.post(f"{PRESETS}/{made['id']}/execute", {"inputs": {"b": 3}}, format="json").json()
    assert (answer["status"], answer["preset_id"], answer["inputs"]) == ("QUEUED", made["id"], {"a": 1, "b": 3})
    assert drive(GraphExecution.objects.get(pk=answer["id"])).status == Status.COMPLETED


def test_a_start_of_the_graph_may_name_a_preset_and_needs_not_say_again_what_it_holds(
    api: APIClient, built: Built, drive: Driver
) -> None:
    made = kept(api, built, max_cost=50).json()
    address = f"/v1/graphs/{made['graph_id']}/execute/1?preset_id="
    answer = api.post(address + made["id"], {"inputs": {"b": 3}}, format="json").json()
    assert (answer["inputs"], answer["preset_id"], answer["max_cost"]) == ({"a": 1, "b": 3}, made["id"], 50)
    assert drive(GraphExecution.objects.get(pk=answer["id"])).status == Status.COMPLETED
    dearer = api.post(address + made["id"], {"max_cost": 60}, format="json").json()
    assert (dearer["inputs"], dearer["max_cost"]) == ({"a": 1, "b": 2}, 60)


def test_a_start_with_a_preset_of_another_graph_or_user_is_refused(api: APIClient, built: Built, build: Build) -> None:
    made = kept(api, built).json()
    other = build({"e": ("Echo", {"x": 1})}).version
    address = f"/v1/graphs/{other.graph_id}/execute/1?preset_id="
    answers = [api.post(address + preset_id, {}, format="json") for preset_id in (made["id"], str(uuid4()), "x")]
    assert [answer.status_code for answer in answers] == [404, 404, 422]
    assert answers[0].json()["message"] == f"There is no preset {made['id']}."
    eve = User.objects.create_user("eve")
    with pytest.raises(PresetNotFound):
        presets.filled(eve, built.version.graph_id, UUID(made["id"]), {})
    assert not GraphExecution.objects.exists()


def test_a_preset_is_made_of_what_a_run_was_started_with(api: APIClient, built: Built) -> None:
    run = built.start(inputs={"a": 7}, max_cost=50)
    body = {"graph_execution_id": str(run.pk), "name": "again", "description": "", "is_active": False}
    made = api.post(PRESETS, body, format="json").json()
    assert (made["inputs"], made["max_cost"], made["is_active"]) == ({"a": 7}, 50, False)
    assert api.post(PRESETS, body | {"graph_execution_id": str(uuid4())}, format="json").status_code == 404


def test_a_change_is_whole_or_refused(api: APIClient, built: Built) -> None:
    address = f"{PRESETS}/{kept(api, built).json()['id']}"
    assert api.patch(address, {"inputs": {"a": 5}}, format="json").status_code == 400
    changed = api.patch(address, {"inputs": {"a": 5}, "credentials": {}, "name": "new"}, format="json").json()
    assert (changed["inputs"], changed["name"], changed["description"]) == ({"a": 5}, "new", "")
    assert api.patch(address, {"max_cost": -1}, format="json").status_code == 422


def test_what_is_deleted_is_gone(api: APIClient, built: Built) -> None:
    address = f"{PRESETS}/{kept(api, built).json()['id']}"
    assert api.delete(address).status_code == 204
    assert [api.get(address).status_code, api.delete(address).status_code] == [404, 404]
    assert api.post(f"{address}/execute", {}, format="json").status_code == 404


def test_a_preset_of_a_deleted_graph_says_so(api: APIClient, built: Built) -> None:
    address = f"{PRESETS}/{kept(api, built).json()['id']}"
    graphs.delete(built.version.graph.owner, built.version.graph_id)
    assert api.post(f"{address}/execute", {}, format="json").status_code == 410
    assert api.patch(address, {"name": "x"}, format="json").status_code == 410
    assert api.get(address).json()["is_active"] is False
    assert kept(api, built).status_code == 404


def test_a_preset_comes_through_the_same_admission(api: APIClient, built: Built, build: Build) -> None:
    broken = build({"e": ("Pair", {"a": 1})})
    made = kept(api, broken, inputs={}).json()
    answer = api.post(f"{PRESETS}/{made['id']}/execute", {}, format="json")
    assert answer.status_code == 400
    assert "node_errors" in answer.json()["detail"]
    afford(built.version.graph.owner, 0)
    made = kept(api, built).json()
    assert api.post(f"{PRESETS}/{made['id']}/execute", {}, format="json").status_code == 402
    assert not GraphExecution.objects.exists()


def test_presets_of_somebody_else_do_not_exist(api: APIClient, built: Built) -> None:
    made = kept(api, built).json()
    eve = APIClient()
    eve.force_authenticate(User.objects.create_user("eve"))
    address = f"{PRESETS}/{made['id']}"
    assert eve.get(f"{PRESETS}?graph_id={made['graph_id']}").json()["presets"] == []
    refused = [eve.get(address), eve.patch(address, {}), eve.delete(address), eve.post(f"{address}/execute", {})]
    assert {answer.status_code for answer in refused} == {404}
    assert kept(eve, built).status_code == 404
