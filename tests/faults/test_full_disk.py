"""A disk that is full for a while costs time, says so, and nothing else."""

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection

from accounts.models import User
from accounts.services import create_token
from executions.models import GraphExecution
from tests.faults.servers import Installation
from tests.faults.slow_runs import RUNS, are_right, under_way
from tests.graphs_for_tests import Built
from tests.stack import eventually

pytestmark = pytest.mark.worker


def with_children(pid: int) -> list[int]:
    children = (Path("/proc") / str(pid) / "task").glob("*/children")
    return [pid, *(one for file in children for child in file.read_text().split() for one in with_children(int(child)))]


@contextmanager
def no_space_left(installation: Installation) -> Iterator[None]:
    """No process of the installation can make a file longer: database, values and logs alike. Its broker can."""
    pids = [pid for process in installation.processes.values() for pid in with_children(process.pid)]

    def allow(most: int) -> None:
        for pid in pids:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

    allow(1)
    try:
        yield
    finally:
        allow(resource.RLIM_INFINITY)


def test_runs_go_on_when_there_is_space_again(
    installation: Installation, graph: Built, user: User, start: Callable[[], GraphExecution]
) -> None:
    runs = [start() for _ in range(RUNS)]
    eventually(lambda: under_way(runs))
    path = f"/v1/graphs/{graph.version.graph_id}/execute/{graph.version.version}"
    with no_space_left(installation):
        status, answer = installation.post(path, create_token(user, "meanwhile"), {"inputs": {}})
    if connection.vendor == "sqlite":  # PostgreSQL keeps its data elsewhere
        assert (status, answer["message"]) == (503, "The database does not do its work at the moment.")
        assert GraphExecution.objects.count() == RUNS
    else:
        assert status == 200
    are_right(graph, [*GraphExecution.objects.all(), start()])
