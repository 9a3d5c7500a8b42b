"""A database that cuts its connections, or keeps its writers waiting, costs time and nothing else."""

import sqlite3
import time
from collections.abc import Callable

import pytest
from django.db import connection

from executions.models import GraphExecution
from tests.faults.servers import Installation
from tests.faults.slow_runs import RUNS, are_right, under_way
from tests.graphs_for_tests import Built
from tests.stack import eventually

pytestmark = pytest.mark.worker


def cut_all() -> None:
    """Every connection but ours: workers, beat and web lose what they were doing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def lock_for_a_while() -> None:
    holder = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    time.sleep(1.5)
    holder.execute("ROLLBACK")
    holder.close()


def test_runs_end_as_ever_when_the_database_fails_again_and_again(
    installation: Installation, graph: Built, start: Callable[[], GraphExecution]
) -> None:
    runs = [start() for _ in range(RUNS)]
    eventually(lambda: under_way(runs))
    for _ in range(3):
        cut_all() if connection.vendor == "postgresql" else lock_for_a_while()
        time.sleep(0.5)  # long enough to connect again and begin something
    are_right(graph, [*runs, start()])
