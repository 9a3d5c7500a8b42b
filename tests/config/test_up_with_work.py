"""A run goes on where `up` was stopped or killed, and ends as if nothing had happened."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.config.blocks import AwaitFileBlock
from tests.config.installation import Installation, eventually

pytestmark = [
    pytest.mark.worker,
    pytest.mark.skipif(settings.PRODUCTION, reason="in production other workers may hold what seems to run"),
]

OUTPUT = "363ae599-353e-4804-937e-b2ee3cef3da4"
FIRST, SECOND = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


@pytest.fixture
def awaited(installation: Installation) -> Path:
    """The file that the block of the run waits for."""
    installation.environment |= {"PETIOLE_BLOCK_MODULES": "tests.config.blocks", "PETIOLE_SHUTDOWN_SECONDS": "0.2"}
    return installation.state.parent / "awaited"


def agent(folder: Path, awaited: Path) -> Path:
    nodes = [
        {"id": FIRST, "block_id": AwaitFileBlock.id, "input_default": {"path": str(awaited)}, "metadata": {}},
        {"id": SECOND, "block_id": OUTPUT, "input_default": {"name": "found"}, "metadata": {}},
    ]
    link = {"source_id": FIRST, "source_name": "text", "sink_id": SECOND, "sink_name": "value", "is_static": False}
    file = folder / "agent.json"
    file.write_text(json.dumps({"name": "Patience", "description": "", "nodes": nodes, "links": [link]}))
    return file


def started(installation: Installation, awaited: Path) -> Callable[[], dict[str, Any]]:
    """Start the run; the answer asks for its state."""
    token = installation.command("create_token", "ada").stdout.strip()
    file = agent(installation.state.parent, awaited)
    said = installation.command("run_graph", str(file), "--owner", "ada", "--no-wait")
    assert said.returncode == 0, said.stderr

    def state() -> dict[str, Any]:
        runs = installation.get("/v1/executions", token)[1]
        (run,) = runs
        found: dict[str, Any] = installation.get(f"/v1/graphs/{run['graph_id']}/executions/{run['id']}", token)[1]
        return found

    return state


def running(run: dict[str, Any]) -> bool:
    return any(node["status"] == "RUNNING" for node in run["node_executions"])


def test_what_was_running_at_a_stop_goes_on_at_the_next_start(installation: Installation, awaited: Path) -> None:
    installation.up()
    installation.ready()
    state = started(installation, awaited)
    eventually(lambda: running(state()))
    assert installation.stop() == 0
    assert "nodes that go on at the next start: 1" in installation.said
    installation.up()
    installation.ready()
    awaited.write_text("at last")
    eventually(lambda: state()["status"] == "COMPLETED")
    assert state()["outputs"] == {"found": ["at last"]}
    assert installation.stop() == 0


def test_what_was_running_at_a_kill_goes_on_at_the_next_start(installation: Installation, awaited: Path) -> None:
    installation.up()
    installation.ready()
    state = started(installation, awaited)
    eventually(lambda: running(state()))
    installation.kill()
    installation.up()
    installation.ready()
    assert "running nodes of the last time, queued again: 1" in installation.said
    awaited.write_text("at last")
    eventually(lambda: state()["status"] == "COMPLETED")
    assert state()["outputs"] == {"found": ["at last"]}
    assert installation.stop() == 0
