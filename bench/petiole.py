"""Petiole as a contender: its own start, its own worker; the times are those of the rows."""

import sys
import time
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.models import User
from bench import graphs as bodies
from bench.awaiting import await_all, pause
from bench.cpu import Meter
from bench.workloads import Measured, Shape
from executions import services
from executions.models import GraphExecution, NodeExecution
from executions.states import Status
from graphs import services as graphs
from graphs.models import GraphVersion

ALIVE = (Status.QUEUED, Status.RUNNING, Status.REVIEW)  # as the condition of the index says it


class Petiole:
    name = "petiole"

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._user = User.objects.create_user("bench")
        self._versions: dict[Shape, GraphVersion] = {}

    def takes(self, shape: Shape) -> bool:
        return True

    def run(self, shape: Shape, runs: int) -> Measured:
        version = self.version(shape)
        self._meter.start()
        began = time.time()
        started_runs = [self.start(version).pk for _ in range(runs)]
        started = time.time()
        seen = await_all(self._idle, pause=pause(runs * shape.nodes))
        cpu = self._meter.read()
        end = self.check(started_runs, runs * shape.nodes)
        return Measured(runs * shape.nodes, end - began, started - began, cpu, seen - began)

    def version(self, shape: Shape) -> GraphVersion:
        if shape not in self._versions:
            self._versions[shape] = self.store(bodies.of(shape))
        return self._versions[shape]

    def store(self, body: dict[str, Any], user: User | None = None) -> GraphVersion:
        return graphs.create(user or self._user, body)

    def start(self, version: GraphVersion, user: User | None = None) -> GraphExecution:
        return services.start(user=user or self._user, version=version)

    def ended(self, run: GraphExecution) -> float:
        """Waits; when the run ended, in seconds of the epoch."""
        await_all(lambda: not GraphExecution.objects.filter(pk=run.pk, status__in=ALIVE).exists())
        run.refresh_from_db()
        if run.ended_at is None:
            sys.exit(f"petiole: a run is {run.status} and has no end.")
        return run.ended_at.timestamp()

    def check(self, run_ids: list[UUID], nodes: int) -> float:
        """When the last of the runs ended; all of them as they should, or the numbers mean nothing."""
        rows = GraphExecution.objects.filter(pk__in=run_ids).values_list("status", "ended_at")
        ends = [ended.timestamp() for status, ended in rows if ended is not None and status == Status.COMPLETED]
        executed = NodeExecution.objects.filter(run__in=run_ids, status=Status.COMPLETED).count()
        if len(ends) != len(run_ids) or executed != nodes:
            sys.exit(f"petiole: {len(ends)} of {len(run_ids)} runs and {executed} of {nodes} nodes were completed.")
        return max(ends)

    def _idle(self) -> bool:
        return not GraphExecution.objects.filter(user=self._user, status__in=ALIVE).exists()


def backends() -> list[int]:
    """The database's processes that serve this database, except the one that serves us; none for SQLite."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return [pid for (pid,) in cursor.fetchall()]
