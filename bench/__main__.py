"""`make bench`: Petiole next to raw Celery on the same broker. Prints a table, writes bench/results/….json."""

import argparse
import os
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from bench import workers
from bench.place import Place, own_place
from bench.workloads import Contender, workloads


def main() -> None:
    asked = _arguments()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    with own_place() as place:
        prepare()
        from bench import report

        result = _measure(place, asked)
        print(report.table(result))
        print(f"written: {report.save(result, asked.results)}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often everybody has a turn")
    parser.add_argument("--scale", type=float, default=1.0, help="0.1 makes everything a tenth as large")
    parser.add_argument(
        "--results", type=Path, default=Path(__file__).parent / "results", help="folder of the JSON files"
    )
    parser.add_argument("--only", nargs="*", metavar="KEY", help="some of the workloads, by their keys")
    return parser.parse_args()


def prepare() -> None:
    """Tables of a database that is new; nothing of Django may be imported before the variables are set."""
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def _measure(place: Place, asked: argparse.Namespace) -> dict[str, Any]:
    from bench import figures, machine, rounds

    wanted = [work for work in workloads(asked.scale) if asked.only is None or work.key in asked.only]
    at, before = datetime.now(UTC), machine.load()
    with ExitStack() as things:
        contenders = _contenders(place, things)
        commit = machine.commit_ms()
        taken = rounds.take(contenders, wanted, asked.rounds, partial(print, file=sys.stderr))
        return {
            "at": at.isoformat(),
            "profile": place.profile,
            "rounds": asked.rounds,
            "scale": asked.scale,
            "pool": " ".join(workers.POOL),
            "machine": machine.machine() | {"load_before": before, "load_after": machine.load()},
            "commit_ms": commit,
            "versions": machine.versions(place.broker),
            "settings": machine.settings(),
            "workloads": figures.figures(taken, wanted),
        }


def _contenders(place: Place, things: ExitStack) -> list[Contender]:
    """Everybody with a worker of the same kind; all workers wait while one works."""
    from bench import cpu, machine, petiole, raw, raw_tasks

    broker = partial(cpu.named, [machine.broker_pid(place.broker)], "redis-server", "valkey-server")
    main = things.enter_context(workers.worker("config", "io,cpu,engine", place.state))
    kinds = {"workers": partial(cpu.family, main), "broker": broker}
    subject = petiole.Petiole(cpu.Meter(kinds | {"database": lambda: cpu.named(petiole.backends(), "postgres")}))
    main = things.enter_context(workers.worker("bench.raw_tasks", raw_tasks.QUEUE, place.state))
    return [subject, *raw.contenders(cpu.Meter(kinds | {"workers": partial(cpu.family, main)}))]


if __name__ == "__main__":
    main()
