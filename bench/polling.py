"""The engine that polls, as a contender."""

import time
from uuid import uuid4

from django.db import connection, transaction

from bench.awaiting import await_all, pause
from bench.cpu import Meter
from bench.polling_engine import INDEX, NEW, TABLE
from bench.workloads import Chain, Measured, Shape

LONGEST = 10  # a tenth of a second each: longer chains would tell nothing more


class Polling:
    name = "polling, 0.1 s"

    def __init__(self, meter: Meter) -> None:
        self._meter = meter

    def takes(self, shape: Shape) -> bool:
        return isinstance(shape, Chain) and shape.length <= LONGEST

    def run(self, shape: Shape, runs: int) -> Measured:
        self._meter.start()
        began = time.time()
        for _ in range(runs):
            _execute(NEW, str(uuid4()), str(uuid4()), shape.nodes)
        started = time.time()
        seen = await_all(lambda: _ended() == runs, pause=pause(runs * shape.nodes))
        cpu = self._meter.read()
        with connection.cursor() as cursor:
            cursor.execute("SELECT max(ended) FROM bench_step")
            (end,) = cursor.fetchone()
        _execute("DELETE FROM bench_step")
        return Measured(runs * shape.nodes, end - began, started - began, cpu, seen - began)


def create() -> None:
    """Its table, before its processes start."""
    with transaction.atomic():
        for statement in (TABLE, INDEX):
            _execute(statement)


def _execute(sql: str, *values: str | int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def _ended() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM bench_step WHERE steps = 1 AND status = 'DONE'")
        (number,) = cursor.fetchone()
    return int(number)
