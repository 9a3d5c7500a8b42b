"""Why is it not running? Asked of runs on real worker processes."""

import pytest

from executions import services
from executions.models import Worker
from executions.states import Status
from executions.waiting import Kind, Reason, waiting_for
from tests.executions.fleet import echo
from tests.executions.runs import TEST_BLOCKS, end_of, runs_now
from tests.executions.test_processes import others_pause
from tests.graphs_for_tests import Build, Built
from tests.stack import eventually

pytestmark = [pytest.mark.worker, pytest.mark.usefixtures("workers")]


def reasons(built: Built, kind: Kind) -> list[Reason]:
    """Of the newest run of the graph."""
    run = built.version.runs.latest("created_at")
    return [reason for reason in waiting_for(run) if reason.kind is kind]


def test_a_queue_without_a_worker_is_named_until_one_comes(build: Build) -> None:
    built = echo(build)
    with others_pause("cpu"):
        eventually(lambda: all("cpu" not in worker.queues for worker in Worker.objects.filter(gone_at=None)))
        run = built.start()
        [reason] = eventually(lambda: [one for one in reasons(built, Kind.NO_WORKER) if one.queue == "cpu"])
        assert "“Say it” has been queued for " in reason.detail
        assert "No live worker takes the queue “cpu”" in reason.detail
    assert end_of(run).status == Status.COMPLETED
    assert waiting_for(run) == []


def test_running_blocks_are_held_by_the_workers_that_run_them(build: Build) -> None:
    """The nodes of one run are spread over several workers."""
    built = build({"a": (TEST_BLOCKS["Patient"], {"x": 1}), "b": (TEST_BLOCKS["Forever"], {"x": 1})})
    run = built.start()
    eventually(lambda: runs_now(built, run, "a") and runs_now(built, run, "b"))
    # between two tests the rows of the workers are emptied; each comes back with the next beat
    found = eventually(lambda: len(held := reasons(built, Kind.WORKER)) == 2 and held)
    for reason, queue in zip(sorted(found, key=lambda one: one.worker), ("cpu", "io"), strict=True):
        worker = Worker.objects.get(name=reason.worker)
        assert queue in worker.queues
        assert f"on worker {worker.name}" in reason.detail
    assert services.stop_run(run).status == Status.TERMINATED
