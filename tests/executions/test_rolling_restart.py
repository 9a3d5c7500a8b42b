"""Workers are replaced while runs go on: nothing is lost, nothing is repeated."""

from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest
from pytest_django import Settings

from executions.models import NodeExecution
from executions.states import Status
from tests import stack
from tests.executions.runs import TEST_BLOCKS, values
from tests.executions.test_processes import ALL, has_ended, others_pause
from tests.graphs_for_tests import Build
from tests.stack import eventually

pytestmark = pytest.mark.worker


@pytest.mark.parametrize("pool", ["prefork", "threads"])
def test_a_rolling_restart_under_load_loses_and_repeats_nothing(
    build: Build, workers: Any, settings: Settings, pool: str
) -> None:
    settings.REPUBLISH_SECONDS = 1  # what was received and not begun may be lost with its worker: it is sent again
    count = TEST_BLOCKS["Count"], {"n": 3, "pause": 0.2}
    built = build({"c": count, "e": "Echo", "f": "Echo"}, "c.out -> e.x", "e.out -> f.x")
    with others_pause(*ALL), ExitStack() as living:
        old = [living.enter_context(stack.worker(",".join(ALL), "-P", pool, "-c", "4")) for _ in range(2)]
        living.enter_context(stack.worker(",".join(ALL), "-P", pool, "-c", "4"))
        runs = [built.start() for _ in range(20)]
        for process in old:
            eventually(NodeExecution.objects.running().filter(worker__pid=process.pid).exists)
            process.terminate()
        for process in old:
            assert process.wait(30) == 0
        for run in runs:
            eventually(partial(has_ended, run), within=60)
    assert [values(built, run, "c") for run in runs] == [[0, 1, 2]] * 20
    assert [sorted(values(built, run, "f")) for run in runs] == [[0, 1, 2]] * 20
    assert set(NodeExecution.objects.values_list("status", "attempt", "mishaps")) == {(Status.COMPLETED, 1, 0)}
