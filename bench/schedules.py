"""`python -m bench.schedules`: how late schedules fire, and what ticking costs while nothing is due."""

import argparse
import os
import statistics
import time
from contextlib import ExitStack
from typing import Final

from bench import workers
from bench.__main__ import prepare
from bench.place import own_place

POOL: Final = ("-P", "threads", "-c", "32")
PROMISED: Final = 1.0
SETTLE_SECONDS: Final = 3.0
LOOKS: Final = 300


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.schedules", description=__doc__)
    parser.add_argument("--schedules", type=int, default=5, help="how many fire at one moment (default: %(default)d)")
    parser.add_argument("--every", type=int, default=5, help="seconds between their times (default: %(default)d)")
    parser.add_argument("--seconds", type=int, default=90, help="how long they fire (default: %(default)d)")
    parser.add_argument("--workers", type=int, default=2, help="how many tick (default: %(default)d)")
    asked = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    with own_place() as place, ExitStack() as things:
        prepare()
        print(f"{place.profile}: a look at what is due takes {_look():.2f} ms of processor time")
        for number in range(asked.workers):
            things.enter_context(workers.worker("config", "io,engine", place.state, POOL, name=f"ticks-{number}"))
        time.sleep(SETTLE_SECONDS)
        _measure(asked)


def _look() -> float:
    from django.utils import timezone

    from scheduling import ticking

    ticking.due_times(timezone.now())
    began = time.thread_time()
    for _ in range(LOOKS):
        ticking.due_times(timezone.now())
    return (time.thread_time() - began) / LOOKS * 1000


def _measure(asked: argparse.Namespace) -> None:
    from accounts.models import User
    from bench import graphs as bodies
    from bench.workloads import Chain
    from graphs import services as graphs
    from scheduling import services
    from scheduling.models import Fire
    from scheduling.states import State

    user = User.objects.create_user("bench")
    graph = graphs.create(user, bodies.of(Chain(1))).graph
    made = [
        services.create(user=user, graph_id=graph.pk, name=f"s{number}", every_seconds=asked.every)
        for number in range(asked.schedules)
    ]
    time.sleep(asked.seconds)
    for one in made:
        services.pause(one)
    fires = list(Fire.objects.exclude(state=State.SKIPPED))
    late = sorted(fire.late_seconds or 0.0 for fire in fires if fire.state == State.FIRED)
    print(f"{len(late)} of {len(fires)} times fired, {asked.schedules} at one moment, {asked.workers} workers tick")
    print(f"late: median {statistics.median(late):.3f} s, max {late[-1]:.3f} s", end="")
    print(f", {sum(one > PROMISED for one in late)} more than {PROMISED:g} s")


if __name__ == "__main__":
    main()
