"""What a run has done is told in a sentence, or by a language model, and neither delays or changes its end."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings

from executions import services
from executions.models import GraphExecution
from executions.states import Status, Step
from notifications.models import Notice
from tests.executions.driver import Driver
from tests.executions.runs import TEST_BLOCKS, afford
from tests.graphs_for_tests import Build
from tests.local_http import LocalServer, local_server, told
from tests.outbound.servers import Asked


@pytest.fixture
def model(settings: Settings) -> Iterator[LocalServer]:
    """Speaks as a server of chat completions does."""
    with local_server() as server:
        settings.SUMMARY_URL, settings.SUMMARY_KEY = f"{server.address}/v1", "its-key"
        settings.SUMMARY_MODEL, settings.SUMMARY_TIMEOUT = "small", 20.0
        yield server


def completion(content: Any) -> tuple[int, Any]:
    text = content if isinstance(content, str) else json.dumps(content)
    return 200, {"choices": [{"message": {"role": "assistant", "content": text}}]}


def said_of(run: GraphExecution) -> str:
    return str((run.stats or {})["activity_status"])


def test_a_run_is_told_in_a_sentence_with_its_steps_its_time_and_its_cost(drive: Driver, build: Build) -> None:
    run = drive(build({"a": ("Paid", {"x": 1}), "b": "Echo"}, "a.out -> b.x").start())
    assert said_of(run).startswith("Completed 2 steps in ")
    assert said_of(run).endswith(", for 10 credits.")
    assert run.stats["correctness_score"] is None


def test_what_failed_is_named_with_its_place_and_its_reason(drive: Driver, build: Build) -> None:
    doomed = (TEST_BLOCKS["Flaky"], {"x": 1, "failures": 9})
    run = drive(build({"a": doomed, "b": "Echo"}, "a.out -> b.x", a={"customized_name": "Ask the oracle"}).start())
    assert run.status == Status.COMPLETED
    assert " 1 failed: Ask the oracle (" in said_of(run)
    assert "\n" not in said_of(run)


def test_a_run_that_failed_or_was_stopped_says_why(drive: Driver, build: Build) -> None:
    built = build({"a": ("Paid", {"x": 1}), "b": "Paid"}, "a.out -> b.x")
    stopped = services.stop_run(built.start())
    assert said_of(stopped).startswith("Was stopped after 0 steps")
    drive.messages.clear()
    afford(built.version.graph.owner, 15)
    failed = drive(built.start())
    assert failed.status == Status.FAILED
    assert failed.failure is not None
    assert failed.failure[:40] in said_of(failed)


def test_a_model_tells_what_was_done_and_scores_it(model: LocalServer, drive: Driver, build: Build) -> None:
    model.answers = lambda asked: completion({"activity_status": "It greeted Ada.", "correctness_score": 1.7})
    run = drive(build({"a": ("Echo", {"x": "z" * 500}), "b": "Echo"}, "a.out -> b.x", name="Greeter").start())
    drive(run)
    assert (said_of(run), run.stats["correctness_score"], run.epilogue) == ("It greeted Ada.", 1.0, Step.DONE)
    [asked] = model.asked
    assert (asked.path, asked.headers["authorization"]) == ("/v1/chat/completions", "Bearer its-key")
    story = json.loads(told(asked)["messages"][1]["content"])
    assert (story["name"], story["status"], story["links"]) == ("Greeter", "COMPLETED", ["Echo -> Echo"])
    assert [node["executions"] for node in story["nodes"]] == [1, 1]
    assert max(len(text) for text in story["nodes"][1]["recent"][0]["inputs"].values()) == 100


@pytest.mark.parametrize(
    "answer",
    [(500, {}), completion("no JSON"), completion({"score": 1}), (200, []), completion({"activity_status": ""})],
    ids=["broken", "words", "other fields", "no completion", "nothing"],
)
def test_a_model_that_fails_leaves_the_sentence(
    model: LocalServer, drive: Driver, build: Build, settings: Settings, answer: tuple[int, Any]
) -> None:
    settings.NOTIFY_RUNS = True
    model.answers = lambda asked: answer
    run = drive(build({"a": ("Echo", {"x": 1})}).start())
    assert said_of(run).startswith("Completed 1 step in ")
    assert len(model.asked) == 3
    assert Notice.objects.get(kind="AGENT_RUN").data["summary"] == said_of(run)


def test_the_final_status_does_not_wait_for_the_model(
    model: LocalServer, drive: Driver, build: Build, settings: Settings
) -> None:
    settings.SUMMARY_TIMEOUT = 0.3
    model.stalls.set()
    run = build({"a": ("Echo", {"x": 1})}).start()
    while drive.messages[0].name != "advance":
        drive.step()
    run.refresh_from_db()
    assert (run.status, run.epilogue) == (Status.COMPLETED, Step.SUMMARISE)
    begun = time.monotonic()
    drive(run)
    assert time.monotonic() - begun < 3
    assert run.epilogue == Step.DONE


def test_a_run_that_was_stopped_is_not_sent_to_the_model(model: LocalServer, drive: Driver, build: Build) -> None:
    run = services.stop_run(build({"a": ("Echo", {"x": 1})}).start())
    drive(run)
    assert model.asked == []


def test_the_second_end_of_a_run_is_told_by_the_model_and_the_first_one_waits_for_nobody(
    model: LocalServer, drive: Driver, build: Build, settings: Settings
) -> None:
    settings.NOTIFY_RUNS = True
    model.answers = lambda asked: completion({"activity_status": "Done.", "correctness_score": None})
    built = build({"a": ("Paid", {"x": 1}), "b": "Paid"}, "a.out -> b.x")
    afford(built.version.graph.owner, 15)
    run = built.start()
    while run.status != Status.FAILED:
        drive.step()
        run.refresh_from_db()
    drive.messages.clear()
    afford(built.version.graph.owner, 100)
    services.retry_run(run)
    drive(run)
    summaries = [notice.data["summary"] for notice in Notice.objects.filter(kind="AGENT_RUN").order_by("pk")]
    assert summaries[0].startswith("Failed after")
    assert summaries[1:] == ["Done."]


def test_an_answer_is_material_and_cut(model: LocalServer, drive: Driver, build: Build) -> None:
    def answer(asked: Asked) -> tuple[int, Any]:
        return completion({"activity_status": "x" * 5000, "correctness_score": "NaN"})

    model.answers = answer
    run = drive(build({"a": ("Echo", {"x": 1})}).start())
    assert len(said_of(run)) == 1000
    assert run.stats["correctness_score"] is None
