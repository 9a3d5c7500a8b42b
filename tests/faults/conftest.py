from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.db import ProgrammingError, connection
from pytest_django import Settings

import accounts.services
from accounts.models import User
from executions.models import GraphExecution
from scheduling.system import ensure_system_jobs
from tests.faults.servers import Installation, installed
from tests.faults.slow_runs import slow
from tests.graphs_for_tests import Build, Built


@pytest.fixture(scope="package")
def processes(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any
) -> Iterator[Installation]:
    with django_db_blocker.unblock(), installed(short(tmp_path_factory)) as made:
        yield made


def short(factory: pytest.TempPathFactory) -> Path:
    """A folder in which the path of a socket fits."""
    return factory.mktemp("f", numbered=True)


@pytest.fixture
def installation(processes: Installation, transactional_db: None, settings: Settings) -> Iterator[Installation]:
    """Web, beat and workers; the same processes must be alive after each test."""
    settings.SWEEP_SECONDS = 1
    ensure_system_jobs()
    yield processes
    assert processes.are_alive()
    processes.broker.client.flushall()
    yield_to_the_test()


def yield_to_the_test() -> None:
    """The tables are emptied now, while workers read them: where both wait for each other, theirs is what is repeated.

    PostgreSQL ends the one who has looked first, and a superuser may look later."""
    if connection.vendor == "postgresql":
        with suppress(ProgrammingError), connection.cursor() as cursor:
            cursor.execute("SET deadlock_timeout = '20s'")


@pytest.fixture
def graph(build: Build) -> Built:
    return slow(build)


@pytest.fixture
def start(graph: Built, user: User, installation: Installation) -> Callable[[], GraphExecution]:
    """Start a run over HTTP."""
    token = accounts.services.create_token(user, "for tests")
    path = f"/v1/graphs/{graph.version.graph_id}/execute/{graph.version.version}"

    def started() -> GraphExecution:
        status, answer = installation.post(path, token, {"inputs": {}})
        assert status == 200, answer
        return GraphExecution.objects.get(pk=answer["id"])

    return started
