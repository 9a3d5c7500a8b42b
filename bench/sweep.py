"""`python -m bench.sweep`: what a sweep costs that finds nothing to do among very many finished node executions."""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from uuid import uuid4

from bench.place import own_place

ROUNDS = 20
EACH = 100  # node executions of a finished run
ALIVE = 200  # runs that wait for a timer


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.sweep", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="finished node executions")
    rows = parser.parse_args().rows
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    with own_place() as place:
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        began = time.perf_counter()
        prepare(rows)
        print(f"{place.profile}: {rows} node executions written in {time.perf_counter() - began:.0f} s")
        measure()


def prepare(rows: int) -> None:
    from accounts.models import User
    from bench.blocks import NoopBlock
    from bench.rows import analyze, fill, finished, waiting
    from executions import services
    from graphs import services as graphs

    user = User.objects.create_user("bench")
    node = {"id": str(uuid4()), "block_id": NoopBlock.id, "input_default": {"x": 1}, "metadata": {}}
    version = graphs.create(user, {"name": "bench", "description": "", "nodes": [node], "links": []})
    fill(finished(services.start(user=user, version=version)), max(1, rows // EACH), each=EACH)
    fill(waiting(services.start(user=user, version=version)), ALIVE, each=1)
    analyze()


def measure() -> None:
    from executions import sweeping

    for name, do in sweeping.STEPS.items():
        print(f"{name:12} {milliseconds(do):8.2f} ms")
    print(f"{'all':12} {milliseconds(sweeping.sweep):8.2f} ms")


def milliseconds(do: Callable[[], object]) -> float:
    """The median of some calls, after one that is not counted."""
    taken = []
    for _ in range(ROUNDS + 1):
        began = time.perf_counter()
        do()
        taken.append(time.perf_counter() - began)
    return 1000 * statistics.median(taken[1:])


if __name__ == "__main__":
    main()
