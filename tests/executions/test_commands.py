"""What `run_graph`, `stop_run` and `sweep` take, and what they refuse in which words."""

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from accounts.models import User
from executions.console.arguments import inputs_of, value_of
from executions.models import GraphExecution
from executions.states import Status
from graphs import services as graphs
from graphs.models import Graph
from tests import stack
from tests.executions.commands import QUESTION, ROOT, refusal, said
from tests.executions.driver import Driver
from tests.graphs_for_tests import IDS, Build
from tests.silence import Silent

# -- What is typed


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3), ('"3"', "3"), ("three", "three"), ("[1, 2]", [1, 2]), ('{"a": null}', {"a": None}), ("true", True),
        ("", ""), ("NaN", "NaN"), ("a=b", "a=b"), ("[1", "[1"), ("[" * 100_000, "[" * 100_000),
    ],
)  # fmt: skip
def test_a_value_is_json_when_it_is_json_and_else_a_text(text: str, value: Any) -> None:
    assert value_of(text) == value


def test_typed_inputs_are_stronger_than_those_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "inputs.json"
    file.write_text('{"a": 1, "Least points": 2}')
    assert inputs_of(["Least points=5", "b=x=y"], str(file)) == {"a": 1, "Least points": 5, "b": "x=y"}


def test_what_cannot_be_run_is_refused_in_one_line(user: User, question: str, tmp_path: Path) -> None:
    bad, text = tmp_path / "bad.json", tmp_path / "text.json"
    bad.write_text("[1]")
    text.write_bytes(b"\xff\xfe\x00")
    unknown = str(uuid4())
    assert refusal("run_graph", "nothing.json") == "There is no file nothing.json, and it is no id of a graph either."
    assert "must hold one JSON object" in refusal("run_graph", str(bad))
    assert "is not UTF-8" in refusal("run_graph", str(text))
    assert refusal("run_graph", unknown) == f"ada has no graph {unknown}."
    assert "'x' is not the number of a version" in refusal("run_graph", f"{unknown}@x")
    assert refusal("run_graph", question, "--input", "q") == "--input q: write NAME=VALUE."
    assert "cannot be read: No such file" in refusal("run_graph", question, "--inputs", str(tmp_path / "none"))
    assert "must hold one JSON object" in refusal("run_graph", question, "--inputs", str(bad))
    assert "is no JSON" in refusal("run_graph", question, "--mask", str(text))
    assert refusal("run_graph", question, "--owner", "bob") == "There is no user 'bob'."


def test_a_graph_of_somebody_else_does_not_exist(build: Build) -> None:
    built = build({"a": ("Echo", {"x": 1})})
    User.objects.create_user("bob")
    graph = str(built.version.graph_id)
    assert refusal("run_graph", graph, "--owner", "bob") == f"bob has no graph {graph}."
    assert refusal("run_graph", f"{graph}@7", "--owner", "ada") == f"ada has no graph {graph}@7."


def test_a_graph_that_may_not_run_is_refused_with_its_fields(
    user: User, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "incomplete.json"
    node = {"block_id": IDS["Echo"], "metadata": {"customized_name": "Repeat"}}
    file.write_text(json.dumps({"name": "g", "nodes": [node], "links": []}))
    err = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("run_graph", str(file), stderr=err)
    assert end.value.code == 2
    node_id = Graph.objects.get().versions.get().nodes.get().pk
    assert f"  Repeat ({node_id})\n    x: This field is required\n" in err.getvalue()
    with pytest.raises(SystemExit):
        call_command("run_graph", str(file), "--json", stderr=err)
    assert json.loads(capsys.readouterr().out)["detail"]["node_errors"] == {
        str(node_id): {"x": "This field is required"}
    }
    assert not GraphExecution.objects.exists()


# -- Which graph


@pytest.mark.usefixtures("no_messages")
def test_the_same_file_is_imported_once_and_a_changed_one_again(user: User, question: str) -> None:
    for _ in range(2):
        said("run_graph", question, "--no-wait")
    assert Graph.objects.count() == 1
    Path(question).write_text(json.dumps(QUESTION | {"description": "changed"}))
    said("run_graph", question, "--no-wait")
    assert Graph.objects.count() == 2


@pytest.mark.usefixtures("no_messages")
def test_a_file_whose_graph_was_changed_or_deleted_here_is_imported_again(user: User, question: str) -> None:
    said("run_graph", question, "--no-wait")
    first = Graph.objects.get()
    graphs.update(user, first.pk, QUESTION | {"description": "changed"})
    said("run_graph", question, "--no-wait")
    assert Graph.objects.count() == 2
    graphs.delete(user, Graph.objects.latest("id").pk)
    said("run_graph", question, "--no-wait")
    assert Graph.objects.count() == 3


@pytest.mark.usefixtures("no_messages")
def test_files_with_sub_graphs_are_recognised_too(user: User) -> None:
    agent = str(ROOT / "demo" / "agent.json")
    runs = [said("run_graph", agent, "--no-wait").strip() for _ in range(2)]
    assert len(set(GraphExecution.objects.filter(pk__in=runs).values_list("graph_version", flat=True))) == 1


@pytest.mark.usefixtures("no_messages")
def test_an_id_means_the_active_version_unless_it_names_another(user: User, build: Build) -> None:
    version = build({"a": ("Echo", {"x": 1})}).version
    graphs.update(user, version.graph_id, QUESTION)
    graphs.activate(user, version.graph_id, 1)
    graph = str(version.graph_id)
    for words, number in (([graph], 1), ([f"{graph}@2"], 2)):
        run = GraphExecution.objects.get(pk=said("run_graph", *words, "--no-wait").strip())
        assert run.graph_version.version == number


@pytest.mark.usefixtures("no_messages")
def test_a_mask_names_nodes_by_their_name_or_their_id_here_or_in_the_file(
    user: User, question: str, tmp_path: Path
) -> None:
    file = tmp_path / "mask.json"
    file.write_text('{"Say it again": {"x": 5}, "out": {"name": "b"}}')
    run = GraphExecution.objects.get(pk=said("run_graph", question, "--no-wait", "--mask", str(file)).strip())
    _, echo, out = run.graph_version.nodes.order_by("position")
    assert run.nodes_input_masks == {str(echo.pk): {"x": 5}, str(out.pk): {"name": "b"}}
    file.write_text(json.dumps({str(echo.pk): {"x": 6}}))
    run = GraphExecution.objects.get(pk=said("run_graph", question, "--no-wait", "--mask", str(file)).strip())
    assert run.nodes_input_masks == {str(echo.pk): {"x": 6}}
    file.write_text('{"nobody": {"x": 6}}')
    assert refusal("run_graph", question, "--mask", str(file)).startswith("No node has the id or the name 'nobody'")


# -- stop_run and sweep


@pytest.mark.parametrize("run", ["nonsense", "0199d1b5-0000-7000-8000-000000000000"])
def test_a_run_that_does_not_exist_cannot_be_stopped(db: None, run: str) -> None:
    assert refusal("stop_run", run) == f"There is no run {run}."


def test_a_wait_that_is_no_time_is_refused() -> None:
    with pytest.raises(CommandError, match="use a number of seconds"):
        call_command("stop_run", str(uuid4()), "--wait", "-1")


def test_a_stop_that_waits_for_a_block_says_so(build: Build, drive: Driver, settings: Settings) -> None:
    run = build({"a": ("Echo", {"x": 1})}).start()
    drive.step()
    claimed = run.node_executions.get()
    run.node_executions.update(
        status=Status.RUNNING, claim_token=uuid4(), start_time=claimed.add_time, holder="somebody"
    )
    with pytest.raises(CommandError, match=f"Run {run.pk} is still RUNNING: a block has not ended yet"):
        said("stop_run", str(run.pk), "--wait", "0")


def test_sweep_says_what_it_moved(build: Build, no_messages: Silent, settings: Settings) -> None:
    assert said("sweep") == "Nothing was left lying.\n"
    settings.SWEEP_SECONDS = 0
    build({"a": ("Echo", {"x": 1})}).start()
    assert said("sweep") == "admitted: 1\n"


def test_a_database_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    nothing = {name: value for name, value in stack.environment().items() if "_URL" not in name}
    for words in (["run_graph", str(uuid4())], ["stop_run", str(uuid4())], ["sweep"]):
        process = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *words],
            env=nothing | {"PETIOLE_STATE": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert process.returncode == 2
        assert process.stderr.startswith("CommandError: The database cannot be used (no such table")
        assert process.stderr.count("\n") == 1
