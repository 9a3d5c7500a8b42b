"""`python -m bench.stop`: runs with long blocks are stopped at one moment; how long until each is acknowledged."""

import argparse
import os
import statistics
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from bench import workers
from bench.__main__ import prepare
from bench.blocks import AwaitingBlock, DeafBlock, LookingBlock, NoopBlock, SleepingBlock, StoneBlock
from bench.place import own_place

if TYPE_CHECKING:
    from executions.models import GraphExecution

BLOCKS: Final = LookingBlock, AwaitingBlock, DeafBlock, SleepingBlock, StoneBlock
POOLS: Final = (
    ("io,engine", ("-P", "threads", "-c", "32")),
    ("cpu", ("-P", "prefork", "-c", "4")),
)
WITHIN: Final = 120.0
CALLERS: Final = 24  # each has a connection to the database


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.stop", description=__doc__)
    parser.add_argument("--runs", type=int, default=100, help="how many are stopped at once")
    asked = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    with own_place() as place, ExitStack() as things:
        prepare()
        for queues, pool in POOLS:
            things.enter_context(workers.worker("config", queues, place.state, pool))
        _measure(place.profile, asked.runs)


def _measure(profile: str, number: int) -> None:
    from django.db.models import F

    from executions.models import NodeExecution
    from executions.states import FINAL, Status

    runs = _started(number)
    # as many blocks run as there are places for
    running = _settled(lambda: NodeExecution.objects.running().count())
    began = time.monotonic()
    with ThreadPoolExecutor(CALLERS) as many:
        answers = list(many.map(_stop, runs))
        accepted = time.monotonic() - began
        seconds = [at - began for status, at in answers if status == Status.TERMINATED]
        left = [run for run, (status, _) in zip(runs, answers, strict=True) if status != Status.TERMINATED]
        waited = list(many.map(partial(_stop, wait=WITHIN), left))
    seconds += [at - began for status, at in waited if status == Status.TERMINATED]
    print(f"{profile}: {number} runs stopped at once, {running} blocks running on {len(POOLS)} workers")
    print(f"answers at once: {dict(Counter(status for status, _ in answers))}, the last after {accepted:.2f} s")
    print(f"{len(seconds)} ended: median {statistics.median(seconds):.2f} s, max {max(seconds):.2f} s")
    late = NodeExecution.objects.filter(start_time__gt=F("run__ended_at"))
    print(f"nodes not ended: {NodeExecution.objects.exclude(status__in=FINAL).count()}, started later: {late.count()}")


def _started(number: int) -> "list[GraphExecution]":
    from accounts.models import User
    from executions import services
    from graphs import services as graphs

    user = User.objects.create_user("bench")
    versions = [graphs.create(user, _body(block.id)) for block in BLOCKS]
    return [services.start(user=user, version=versions[one % len(versions)]) for one in range(number)]


def _body(block_id: str) -> dict[str, Any]:
    long, after = str(uuid4()), str(uuid4())
    nodes = [
        {"id": long, "block_id": block_id, "input_default": {"x": 1}},
        {"id": after, "block_id": NoopBlock.id, "input_default": {}},
    ]
    ends = {"source_id": long, "sink_id": after, "source_name": "out", "sink_name": "x", "is_static": False}
    return {"name": "long", "description": "", "nodes": nodes, "links": [ends]}


def _stop(run: "GraphExecution", wait: float = 0) -> tuple[str, float]:
    """The answer, and when it came."""
    from django.db import connection

    from executions import services

    try:
        return services.stop_run(run, wait=wait).status, time.monotonic()
    finally:
        connection.close()


def _settled(count: Callable[[], int]) -> int:
    """The number when it has not changed for two seconds."""
    deadline, since, last = time.monotonic() + WITHIN, time.monotonic(), -1
    while time.monotonic() < deadline:
        now = count()
        if now != last:
            last, since = now, time.monotonic()
        elif now and time.monotonic() - since > 2:
            return now
        time.sleep(0.1)
    return last


if __name__ == "__main__":
    main()
