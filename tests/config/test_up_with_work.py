"""A run goes on where `up` was stopped or killed, and ends as if nothing had happened."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.config.installation import Installation, eventually

pytestmark = [
    pytest.mark.worker,
    pytest.mark.skipif(settings.PRODUCTION, reason="in production other workers may hold what seems to run"),
]

SLEEP, OUTPUT = "d44c4170-38d5-405c-a9c4-c85b9e209778", "363ae599-353e-4804-937e-b2ee3cef3da4"
NODES = {
    "11111111-1111-4111-8111-111111111111": (SLEEP, {"t": 3}),
    "22222222-2222-4222-8222-222222222222": (OUTPUT, {"name": "slept"}),
}


def agent(folder: Path) -> Path:
    first, second = NODES
    link = {"source_id": first, "source_name": "out", "sink_id": second, "sink_name": "value", "is_static": False}
    nodes = [
        {"id": key, "block_id": block, "input_default": data, "metadata": {}} for key, (block, data) in NODES.items()
    ]
    file = folder / "agent.json"
    graph = {"name": "Nap", "description": "", "nodes": nodes, "links": [{"id": first.replace("1", "3"), **link}]}
    file.write_text(json.dumps(graph))
    return file


def started(installation: Installation) -> Callable[[], dict[str, Any]]:
    """Start the run; the answer asks for its state."""
    token = installation.command("create_token", "ada").stdout.strip()
    file = agent(installation.state.parent)
    said = installation.command("run_graph", str(file), "--owner", "ada", "--no-wait")
    assert said.returncode == 0, said.stderr

    def state() -> dict[str, Any]:
        runs = installation.get("/v1/executions", token)[1]
        (run,) = runs
        found: dict[str, Any] = installation.get(f"/v1/graphs/{run['graph_id']}/executions/{run['id']}", token)[1]
        return found

    return state


def test_what_was_running_at_a_stop_goes_on_at_the_next_start(installation: Installation) -> None:
    installation.environment |= {"PETIOLE_BLOCK_MODULES": "tests.conformance_blocks", "PETIOLE_SHUTDOWN_SECONDS": "0.2"}
    installation.up()
    installation.ready()
    state = started(installation)
    eventually(lambda: sleeping(state()))
    assert installation.stop() == 0
    assert "running nodes, to go on at the next start: 1" in installation.said
    installation.up()
    installation.ready()
    eventually(lambda: state()["status"] == "COMPLETED")
    assert state()["outputs"] == {"slept": [3]}
    assert installation.stop() == 0


def test_what_was_running_at_a_kill_goes_on_at_the_next_start(installation: Installation) -> None:
    installation.environment |= {"PETIOLE_BLOCK_MODULES": "tests.conformance_blocks"}
    installation.up()
    installation.ready()
    state = started(installation)
    eventually(lambda: sleeping(state()))
    installation.kill()
    installation.up()
    installation.ready()
    assert "running nodes of the last time, queued again: 1" in installation.said
    eventually(lambda: state()["status"] == "COMPLETED")
    assert state()["outputs"] == {"slept": [3]}
    assert installation.stop() == 0


def sleeping(run: dict[str, Any]) -> bool:
    return any(node["block_id"] == SLEEP and node["status"] == "RUNNING" for node in run["node_executions"])
