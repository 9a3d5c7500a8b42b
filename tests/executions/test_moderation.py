"""What goes into a run and comes out of it is judged, and hidden where it was rejected."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from config.checks import moderation_is_possible
from executions import moderation, services
from executions.engine import epilogue
from executions.models import GraphExecution, NodeExecution
from executions.moderation import MARKER, _pieces
from executions.states import Moderation, Status, Step
from executions.sweeping import sweep
from executions.waiting import waiting_for
from tests.executions.driver import Driver
from tests.graphs_for_tests import Build, Built
from tests.local_http import LocalServer, local_server, told
from tests.outbound.servers import Asked
from tests.silence import Silent

RULES = "# what nobody may say\n\nforbidden fruit\n/b[ae]d+ (word|thing)s?/\n"


@pytest.fixture
def rules(settings: Settings, tmp_path: Path) -> Path:
    file = tmp_path / "rules.txt"
    file.write_text(RULES)
    settings.MODERATION_RULES = file
    moderation._judges.cache_clear()
    return file


@pytest.fixture
def service(settings: Settings) -> Iterator[LocalServer]:
    """Speaks as the moderation service of the specification does."""
    with local_server() as server:
        settings.MODERATION_URL, settings.MODERATION_KEY = server.address, "its-key"
        settings.MODERATION_TIMEOUT = 20.0
        yield server


def approve(asked: Asked) -> tuple[int, Any]:
    return 200, {"success": True, "status": "approved", "content_id": "c1"}


def reject_outputs(asked: Asked) -> tuple[int, Any]:
    rejected = told(asked)["type"] == "graph_output"
    return 200, {"success": True, "status": "rejected" if rejected else "approved", "moderation_id": "m-17"}


def said(build: Build, text: str) -> Built:
    nodes = {"i": ("AgentInput", {"name": "q"}), "e": "Echo", "o": ("AgentOutput", {"name": "ans"})}
    return build(nodes | {"c": ("Echo", {"x": text})}, "i.result -> e.x", "e.out -> o.value")


def shown(api: APIClient, run: GraphExecution) -> Any:
    return api.get(f"/v1/graphs/{run.graph_version.graph_id}/executions/{run.pk}").json()


def test_a_run_whose_content_is_fine_ends_as_ever_and_hides_nothing(
    rules: Path, drive: Driver, build: Build, api: APIClient
) -> None:
    run = drive(said(build, "hello").start(inputs={"q": "a forbidden fruitcake"}))
    assert (run.status, run.moderation, run.epilogue) == (Status.COMPLETED, "", Step.DONE)
    assert shown(api, run)["outputs"] == {"ans": ["a forbidden fruitcake"]}


@pytest.mark.parametrize("text", ["Forbidden  Fruit".replace("  ", " "), "the baddd things"])
def test_a_rejected_input_fails_the_run_before_anything_is_executed(
    rules: Path, drive: Driver, build: Build, api: APIClient, text: str
) -> None:
    run = drive(said(build, "hello").start(inputs={"q": text}))
    assert (run.status, run.moderation) == (Status.FAILED, Moderation.INPUTS)
    assert (run.failure or "").startswith("Failed due to input content moderation (moderation id rule-")
    nodes = NodeExecution.objects.filter(run=run)
    assert set(nodes.values_list("status", "start_time")) == {(Status.FAILED, None)}
    page = json.dumps(shown(api, run))
    assert text not in page
    assert MARKER in page


def test_what_stands_in_the_nodes_is_judged_too_those_of_graphs_below_as_well(
    rules: Path, drive: Driver, build: Build
) -> None:
    inner = said(build, "forbidden fruit")
    run = drive(build({"s": build.executor(inner, q="x")}).start())
    assert (run.status, run.moderation) == (Status.FAILED, Moderation.INPUTS)


def test_rejected_outputs_fail_the_run_and_are_hidden_in_the_api_and_the_admin(
    service: LocalServer, drive: Driver, build: Build, api: APIClient, admin_client: Client
) -> None:
    service.answers = reject_outputs
    run = drive(said(build, "hello").start(inputs={"q": "a secret recipe"}))
    assert run.status == Status.FAILED
    assert run.failure == "Failed due to output content moderation (moderation id m-17)."
    seen = shown(api, run)
    assert seen["outputs"] == {"ans": [MARKER]}
    assert seen["inputs"] == {"q": "a secret recipe"}  # they were approved
    assert "a secret recipe" not in json.dumps(seen["node_executions"])
    assert "secret recipe" not in seen["stats"]["activity_status"]
    for node in NodeExecution.objects.filter(run=run):
        page = admin_client.get(f"/admin/executions/nodeexecution/{node.pk}/change/").content.decode()
        assert "secret recipe" not in page
    assert NodeExecution.objects.filter(run=run, status=Status.COMPLETED).count() == 4


def test_the_service_is_asked_with_its_key_and_told_whose_content_it_is(
    service: LocalServer, drive: Driver, build: Build
) -> None:
    service.answers = approve
    run = drive(said(build, "hello").start(inputs={"q": "half a character: \ud83d"}))
    assert run.status == Status.COMPLETED
    before, after = service.asked
    assert (before.path, before.headers["x-api-key"]) == ("/moderate", "its-key")
    assert (told(before)["type"], told(after)["type"]) == ("graph_input", "graph_output")
    assert told(before)["metadata"] == {
        "user_id": str(run.user_id),
        "graph_id": str(run.graph_version.graph_id),
        "graph_exec_id": str(run.pk),
    }
    assert "hello" in told(before)["content"]


@pytest.mark.parametrize(
    "answer", [(500, {}), (200, {"success": False}), (200, ["what?"]), (200, {"status": "approved"})], ids=str
)
@pytest.mark.parametrize("fail_open", [False, True])
def test_a_service_that_cannot_judge_rejects_or_lets_through_as_the_operator_says(
    service: LocalServer, drive: Driver, build: Build, settings: Settings, answer: tuple[int, Any], *, fail_open: bool
) -> None:
    settings.MODERATION_FAIL_OPEN, settings.MODERATION_TIMEOUT = fail_open, 0.3
    service.answers = lambda asked: answer
    run = drive(said(build, "hello").start(inputs={"q": "x"}))
    assert run.status == (Status.COMPLETED if fail_open else Status.FAILED)
    assert fail_open or "nobody could judge" in (run.failure or "")


def test_a_service_that_does_not_answer_in_time_is_no_approval(
    service: LocalServer, drive: Driver, build: Build, settings: Settings
) -> None:
    settings.MODERATION_TIMEOUT = 0.2
    service.stalls.set()
    run = drive(said(build, "hello").start(inputs={"q": "x"}))
    assert (run.status, run.moderation) == (Status.FAILED, Moderation.INPUTS)


def test_a_failing_service_is_asked_again_within_its_time(
    service: LocalServer, drive: Driver, build: Build, settings: Settings
) -> None:
    settings.MODERATION_TIMEOUT = 20.0
    service.answers = lambda asked: (503, {}) if len(service.asked) == 1 else approve(asked)
    assert drive(said(build, "hello").start(inputs={"q": "x"})).status == Status.COMPLETED
    assert len(service.asked) == 3


def test_an_expression_that_takes_for_ever_is_given_up(
    rules: Path, drive: Driver, build: Build, settings: Settings
) -> None:
    rules.write_text("/(a|aa)+$/\n")
    settings.MODERATION_TIMEOUT = 0.2
    run = drive(said(build, "hello").start(inputs={"q": "a" * 5000 + "b"}))
    assert run.status == Status.FAILED
    assert "nobody could judge" in (run.failure or "")


def test_a_word_cannot_be_hidden_at_the_edge_of_a_piece() -> None:
    text = "x" * 99_995 + " forbidden fruit " + "y" * 250_000
    pieces = list(_pieces([text, "small", "texts"]))
    assert any("forbidden fruit" in piece for piece in pieces)
    assert max(map(len, pieces)) <= 200_001


@pytest.mark.django_db(transaction=True)
def test_outputs_are_hidden_until_they_are_judged_also_where_a_stop_came_first(
    rules: Path, no_messages: Silent, build: Build, api: APIClient
) -> None:
    run = said(build, "hello").start(inputs={"q": "x"})
    assert no_messages.asked == [("advance", run.pk)]
    assert [reason.kind for reason in waiting_for(run)][-1:] == ["no_worker"]
    stopped = services.stop_run(run)
    assert (stopped.status, stopped.moderation) == (Status.TERMINATED, Moderation.PENDING)
    assert shown(api, stopped)["inputs"] == {"q": "x"}
    epilogue.advance(run.pk)  # a message that comes late
    stopped.refresh_from_db()
    assert (stopped.status, stopped.moderation) == (Status.TERMINATED, Moderation.PENDING)


@pytest.mark.django_db(transaction=True)
def test_two_that_do_the_same_step_ask_once_and_who_died_leaves_it_to_the_sweep(
    service: LocalServer, no_messages: Silent, build: Build
) -> None:
    service.answers = approve
    run = said(build, "hello").start(inputs={"q": "x"})
    GraphExecution.objects.filter(pk=run.pk).update(step_due_at=timezone.now() + timedelta(seconds=5))
    epilogue.advance(run.pk)
    assert service.asked == []
    GraphExecution.objects.filter(pk=run.pk).update(step_due_at=timezone.now() - timedelta(seconds=60))
    assert sweep().advanced == 1
    assert no_messages.asked[-1] == ("advance", run.pk)
    epilogue.advance(run.pk)
    epilogue.advance(run.pk)
    assert len(service.asked) == 1
    assert no_messages.asked[-1] == ("admit", run.pk)


def test_a_rejected_run_that_is_retried_is_judged_again(rules: Path, drive: Driver, build: Build) -> None:
    run = drive(said(build, "hello").start(inputs={"q": "forbidden fruit"}))
    services.retry_run(run)
    assert (drive(run).status, run.moderation) == (Status.FAILED, Moderation.INPUTS)
    rules.write_text("nothing of the kind\n")
    moderation._judges.cache_clear()
    services.retry_run(run)
    assert (drive(run).status, run.moderation) == (Status.COMPLETED, "")


def test_rules_that_cannot_be_used_are_named_by_their_line(rules: Path, settings: Settings) -> None:
    rules.write_text("fine\n/(/\n")
    [problem] = moderation_is_possible()
    assert "line 2 is no regular expression" in problem.msg
    settings.MODERATION_RULES = rules.with_name("absent.txt")
    assert "cannot be read" in moderation_is_possible()[0].msg
