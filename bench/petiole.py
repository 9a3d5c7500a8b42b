"""Petiole as a contender: its own start, its own worker; the times are those of the rows."""

import sys
import time
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

from django.db import connection

from accounts.models import User
from bench.blocks import NoopBlock
from bench.cpu import Meter
from bench.raw import await_all
from bench.workloads import Chain, Fan, Measured, Shape
from blocks.library.create_list import CreateListBlock
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
        version = self._version(shape)
        self._meter.start()
        began = time.time()
        started_runs = [services.start(user=self._user, version=version).pk for _ in range(runs)]
        started = time.time()
        await_all(self._idle)
        cpu = self._meter.read()
        return Measured(runs * shape.nodes, _end_of(started_runs, shape) - began, started - began, cpu)

    def _version(self, shape: Shape) -> GraphVersion:
        if shape not in self._versions:
            self._versions[shape] = graphs.create(self._user, _body(shape))
        return self._versions[shape]

    def _idle(self) -> bool:
        return not GraphExecution.objects.filter(user=self._user, status__in=ALIVE).exists()


def _end_of(run_ids: list[UUID], shape: Shape) -> float:
    """When the last of the runs ended; all of them as they should, or the numbers mean nothing."""
    rows = GraphExecution.objects.filter(pk__in=run_ids).values_list("status", "ended_at")
    ends = [ended.timestamp() for status, ended in rows if ended is not None and status == Status.COMPLETED]
    executed = NodeExecution.objects.filter(run__in=run_ids, status=Status.COMPLETED).count()
    if len(ends) != len(run_ids) or executed != len(run_ids) * shape.nodes:
        sys.exit(f"petiole: {len(ends)} of {len(run_ids)} runs and {executed} nodes were completed.")
    return max(ends)


def _body(shape: Shape) -> dict[str, Any]:
    nodes, links = _chain(shape.length) if isinstance(shape, Chain) else _fan(shape)
    return {"name": "bench", "description": "", "nodes": nodes, "links": links}


def _chain(length: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    nodes = [_noop(x=0)] + [_noop() for _ in range(length - 1)]
    links = [_link(left, "out", right, "x") for left, right in pairwise(nodes)]
    return nodes, links


def _fan(shape: Fan) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    first, last = _noop(x=0), _node(CreateListBlock.id)
    middle = [_noop() for _ in range(shape.width)]
    links = [_link(first, "out", node, "x") for node in middle]
    links += [_link(node, "out", last, f"values_$_{number}") for number, node in enumerate(middle)]
    return [first, *middle, last], links


def _noop(**constants: Any) -> dict[str, Any]:
    return _node(NoopBlock.id, **constants)


def _node(block_id: str, **constants: Any) -> dict[str, Any]:
    return {"id": str(uuid4()), "block_id": block_id, "input_default": constants, "metadata": {}}


def _link(source: dict[str, Any], source_pin: str, sink: dict[str, Any], sink_pin: str) -> dict[str, Any]:
    ends = {"source_id": source["id"], "sink_id": sink["id"]}
    return ends | {"source_name": source_pin, "sink_name": sink_pin, "is_static": False}


def backends() -> list[int]:
    """The database's processes that serve this database, except the one that serves us; none for SQLite."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return [pid for (pid,) in cursor.fetchall()]
