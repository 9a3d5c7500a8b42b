"""Messages may move to another kind of broker between two starts: what was under way goes on there.

CI_RABBITMQ_URL names a virtual host that nobody else uses, as in amqp://guest:guest@127.0.0.1:5672/petiole_ci."""

import os
from pathlib import Path
from typing import Any, Final

import pytest
from kombu import Connection

import accounts.services
from accounts.models import User
from executions.models import GraphExecution, NodeExecution
from executions.states import Status
from scheduling.system import ensure_system_jobs
from tests.faults.servers import Broker, Installation
from tests.faults.slow_runs import RUNS, are_right, slow, under_way
from tests.graphs_for_tests import Build
from tests.stack import eventually

URL: Final = os.environ.get("CI_RABBITMQ_URL", "")
pytestmark = [
    pytest.mark.worker,
    pytest.mark.skipif(not URL, reason="RabbitMQ IS NOT TESTED: set CI_RABBITMQ_URL"),
]


def emptied() -> None:
    with Connection(URL) as server:
        channel: Any = server.channel()
        for queue in ("engine", "io", "cpu"):
            channel.queue_delete(queue)


@pytest.mark.usefixtures("transactional_db")
def test_runs_under_way_go_on_when_rabbitmq_takes_over_from_redis(tmp_path: Path, build: Build, user: User) -> None:
    emptied()
    ensure_system_jobs()
    broker = Broker(tmp_path)
    installation = Installation(tmp_path, broker)
    broker.start()
    try:
        installation.start()
        graph = slow(build)
        token = accounts.services.create_token(user, "for tests")
        path = f"/v1/graphs/{graph.version.graph_id}/execute/{graph.version.version}"
        runs = [started(installation, path, token) for _ in range(RUNS)]
        eventually(lambda: under_way(runs))
        installation.end()
        assert NodeExecution.objects.filter(status=Status.QUEUED).exists()
        broker.client.flushall()
        installation.variables["BROKER_URL"] = URL
        installation.start()
        are_right(graph, [*runs, started(installation, path, token)])
        assert installation.are_alive()
    finally:
        installation.end()
        broker.end()


def started(installation: Installation, path: str, token: str) -> GraphExecution:
    status, answer = installation.post(path, token, {"inputs": {}})
    assert status == 200, answer
    return GraphExecution.objects.get(pk=answer["id"])
