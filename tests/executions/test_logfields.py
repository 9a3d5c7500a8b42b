"""Every line of the log that is written while a run is worked on says what it is about."""

import json
import threading
from typing import Any
from uuid import UUID, uuid4

import pytest

from executions import logfields
from executions.engine.pulse import Pulse
from executions.engine.running import Attempt
from executions.models import GraphExecution
from tests.executions.runs import end_of
from tests.executions.test_processes import ALL, others_pause
from tests.graphs_for_tests import Build, Built
from tests.metrics.test_worker_pages import POOLS
from tests.stack import worker

SECRET = "sk-never-in-a-log"
PLACES = {
    "p": ("f0000000-0000-4000-8000-000000000101", "TalkingInProcessBlock", {"in a process"}),
    "t": ("f0000000-0000-4000-8000-000000000102", "TalkingOnThreadBlock", {"on a thread"}),
    "l": ("f0000000-0000-4000-8000-000000000103", "TalkingOnLoopBlock",
          {"on the loop", "in a task", "on a thread of the loop"}),
    "f": ("f0000000-0000-4000-8000-000000000104", "FailingBadlyBlock",
          {"block FailingBadlyBlock failed: division by zero"}),
}  # fmt: skip


def expected(built: Built, run: GraphExecution, key: str) -> dict[str, str]:
    [node] = built.of(run, key)
    named: dict[str, object] = {"run": run.pk, "user": run.user_id, "graph": built.version.graph_id}
    named |= {"node": built.ids[key], "node_execution": node.pk, "block": PLACES[key][1]}
    return {name: str(value) for name, value in named.items()}


@pytest.mark.worker
@pytest.mark.usefixtures("workers")
@pytest.mark.parametrize("pool", POOLS)
def test_lines_of_a_block_say_which_run_and_node(build: Build, pool: str, capfd: Any) -> None:
    built = build({key: (block, {"x": SECRET}) for key, (block, _, _) in PLACES.items()})
    with others_pause(*ALL), worker(",".join(ALL), *POOLS[pool], PETIOLE_LOG_JSON="true") as process:
        runs = [end_of(built.start()) for _ in range(3)]
        process.terminate()
        process.wait(20)
    printed = capfd.readouterr()
    lines = [json.loads(line) for line in printed.err.splitlines() if line.startswith("{")]
    for run in runs:
        mine = [line for line in lines if line.get("run") == str(run.pk)]
        for key, (_, block, said) in PLACES.items():
            found = [line for line in mine if line.get("block") == block]
            assert {line["event"] for line in found} == said
            assert [{name: line[name] for name in logfields.NAMES} for line in found] == [
                expected(built, run, key)
            ] * len(said)
    assert SECRET not in printed.err


def test_a_line_that_is_about_nothing_carries_nothing() -> None:
    logfields.known(run="left over")
    assert logfields.current() == {}
    with logfields.about(run=UUID(int=1), user=None):
        logfields.known(graph="g")
        with logfields.about(run="below"):
            assert logfields.current() == {"run": "below", "user": "None", "graph": "g"}
        assert logfields.current()["run"] == str(UUID(int=1))
    assert logfields.current() == {}


def test_the_pulse_looks_after_an_attempt_in_its_name() -> None:
    pulse, seen, done = Pulse(), list[dict[str, str]](), threading.Event()

    def flush() -> None:
        seen.append(logfields.current())
        done.set()

    first = Attempt(uuid4(), uuid4(), None)
    with logfields.about(run="r", node_execution=first.execution_id):
        pulse.watch(first, flush)
    assert done.wait(10)
    pulse.forget(first)
    assert seen[0] == {"run": "r", "node_execution": str(first.execution_id)}
