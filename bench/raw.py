"""Raw Celery as a contender, in the three ways in which people build workflows with it."""

import json
import sys
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

from celery import chain, chord

from bench.awaiting import await_all, pause
from bench.cpu import Meter
from bench.raw_tasks import app, hop, noop
from bench.workloads import Chain, Fan, Measured, Shape


def _redis() -> Any:
    backend: Any = app.backend
    return backend.client


class PublishNext:
    """One task that sends the next, nothing stored: the least that a chain can cost with Celery."""

    name = "celery publish-next"

    def __init__(self, meter: Meter) -> None:
        self._meter = meter

    def takes(self, shape: Shape) -> bool:
        return isinstance(shape, Chain)

    def run(self, shape: Shape, runs: int) -> Measured:
        ends = f"bench:ends:{uuid4()}"
        self._meter.start()
        began = time.time()
        for _ in range(runs):
            hop.delay(shape.nodes, ends)
        started = time.time()
        seen = await_all(lambda: _redis().llen(ends) >= runs, pause=pause(runs * shape.nodes))
        cpu = self._meter.read()
        last = max(float(end) for end in _redis().lrange(ends, 0, -1))
        return Measured(runs * shape.nodes, last - began, started - began, cpu, seen - began)


class Canvas:
    """Celery's own canvas with stored results: their dates are the ends of the runs."""

    def __init__(self, name: str, kind: type[Chain] | type[Fan], build: Callable[[Any], Any], meter: Meter) -> None:
        self.name = name
        self._kind = kind
        self._build = build
        self._meter = meter

    def takes(self, shape: Shape) -> bool:
        return isinstance(shape, self._kind)

    def run(self, shape: Shape, runs: int) -> Measured:
        self._meter.start()
        began = time.time()
        last = [self._build(shape).apply_async().id for _ in range(runs)]
        started = time.time()
        backend: Any = app.backend
        keys = [backend.get_key_for_task(task_id) for task_id in last]
        seen = await_all(lambda: int(_redis().exists(*keys)) == runs, pause=pause(runs * shape.nodes))
        cpu = self._meter.read()
        results = [json.loads(text) for text in _redis().mget(keys)]
        if any(result["status"] != "SUCCESS" for result in results):
            sys.exit(f"{self.name}: a task failed: {results[0]}")
        end = max(datetime.fromisoformat(result["date_done"]).timestamp() for result in results)
        return Measured(runs * shape.nodes, end - began, started - began, cpu, seen - began)


def in_a_row(shape: Chain) -> Any:
    return chain(*[noop.si() for _ in range(shape.length)])


def fan_out_and_in(shape: Fan) -> Any:
    return chain(noop.si(), chord([noop.si() for _ in range(shape.width)], noop.si()))


def contenders(meter: Meter) -> list[PublishNext | Canvas]:
    return [
        PublishNext(meter),
        Canvas("celery chain", Chain, in_a_row, meter),
        Canvas("celery chord", Fan, fan_out_and_in, meter),
    ]
