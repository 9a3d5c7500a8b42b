"""`make bench`: Petiole next to raw Celery on the same broker. Prints a table, writes bench/results/….json."""

import argparse
import os
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from bench import cpu, memory, peers, workers
from bench.cpu import Pids
from bench.place import Place, own_place
from bench.workloads import Contender, Size, workloads

SETTLED = 2.0
say = partial(print, file=sys.stderr, flush=True)


def main() -> None:
    asked = _arguments()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    with own_place() as place:
        began = time.monotonic()
        probes = _stack(place, asked)
        prepare()
        from bench import report, targets

        result = _measure(place, asked)
        result["probes"] += probes
        if peers.asked():
            result["peers"] = peers.measure(say)
        result["seconds"] = time.monotonic() - began
        result["targets"] = targets.targets(result, targets.other_profile(result, asked.results))
        print(report.table(result))
        if peers.asked():
            print(peers.table(result["peers"]))
        print(f"written: {report.save(result, asked.results)}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often everybody has a turn")
    parser.add_argument("--scale", type=float, default=1.0, help="0.1 makes everything a tenth as large")
    parser.add_argument("--full", action="store_true", help="what takes long in its whole size")
    parser.add_argument(
        "--results", type=Path, default=Path(__file__).parent / "results", help="folder of the JSON files"
    )
    parser.add_argument("--only", nargs="*", metavar="KEY", help="some of the workloads and probes, by their keys")
    return parser.parse_args()


def prepare() -> None:
    """Tables of a database that is new; nothing of Django may be imported before the variables are set."""
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def _stack(place: Place, asked: argparse.Namespace) -> list[dict[str, Any]]:
    """Before there is any other worker, and before the tables."""
    from bench.probes import stack

    if not _wanted(asked, stack.KEY):
        return []
    import django

    django.setup()
    size = Size(asked.scale, asked.full)
    say(f"probe: {stack.title(size)}")
    # the embedded stack has a broker of its own
    servers = _servers(place) if place.profile == "production" else {}
    return [_as_json(stack.KEY, stack.title(size), stack.stack(place, size, servers))]


def _measure(place: Place, asked: argparse.Namespace) -> dict[str, Any]:
    from bench import figures, machine, rounds

    size = Size(asked.scale, asked.full)
    wanted = [work for work in workloads(size) if _wanted(asked, work.key)]
    at, before = datetime.now(UTC), machine.load()
    with ExitStack() as things:
        contenders, processes = _contenders(place, things)
        commit = machine.commit_ms()
        time.sleep(SETTLED)
        idle = memory.memory(processes)
        taken = rounds.take(contenders, wanted, asked.rounds, say)
        after = memory.memory(processes)
        probes = _probes(place, asked, contenders, processes)
        return {
            "at": at.isoformat(),
            "profile": place.profile,
            "rounds": asked.rounds,
            "scale": asked.scale,
            "full": asked.full,
            "pool": " ".join(workers.POOL),
            "machine": machine.machine() | {"load_before": before, "load_after": machine.load()},
            "commit_ms": commit,
            "versions": machine.versions(place.broker),
            "settings": machine.settings(),
            "workloads": figures.figures(taken, wanted),
            "memory": {"idle": idle, "after the workloads": after},
            "probes": probes,
        }


def _contenders(place: Place, things: ExitStack) -> tuple[list[Contender], dict[str, Pids]]:
    """Everybody with a worker of the same kind; all workers wait while one works. And all processes by their kind."""
    from bench import petiole, polling, raw, raw_tasks

    servers = _servers(place)
    polling.create()
    ours = partial(cpu.family, things.enter_context(workers.worker("config", "cpu,engine", place.state)))
    celery = partial(
        cpu.family,
        things.enter_context(workers.worker("bench.raw_tasks", raw_tasks.QUEUE, place.state, workers.RAW_POOL)),
    )
    loop = things.enter_context(workers.process("polling", ("bench.polling_engine",), place.state))
    polls = cpu.Meter({"workers": partial(cpu.family, loop), "database": servers["database"]})
    contenders: list[Contender] = [
        petiole.Petiole(cpu.Meter({"workers": ours, **servers})),
        *raw.contenders(cpu.Meter({"workers": celery, "broker": servers["broker"]})),
        polling.Polling(polls),
    ]
    return contenders, {"workers": ours, "celery's worker": celery, **servers}


def _servers(place: Place) -> dict[str, Pids]:
    from bench import machine, petiole

    return {
        "broker": partial(cpu.named, [machine.broker_pid(place.broker)], "redis-server", "valkey-server"),
        "database": lambda: cpu.named(petiole.backends(), "postgres"),
    }


def _probes(
    place: Place, asked: argparse.Namespace, contenders: list[Contender], processes: Mapping[str, Pids]
) -> list[dict[str, Any]]:
    from bench.petiole import Petiole
    from bench.probes import growth, history, neighbours, waits
    from bench.probes.probe import Setting

    size = Size(asked.scale, asked.full)
    subject = next(each for each in contenders if isinstance(each, Petiole))
    yardstick = next(each for each in contenders if each.name == "celery publish-next")
    of_petiole = {kind: pids for kind, pids in processes.items() if kind != "celery's worker"}
    setting = Setting(place, size, asked.rounds, subject, yardstick, of_petiole, say)
    found = []
    for probe in (waits.WAITS, growth.LOOP, growth.SERIES, neighbours.NEIGHBOURS, history.HISTORY):
        if _wanted(asked, probe.key):
            say(f"probe: {probe.title(size)}")
            found.append(_as_json(probe.key, probe.title(size), probe.measure(setting)))
    return found


def _as_json(key: str, title: str, findings: list[Any]) -> dict[str, Any]:
    return {"key": key, "title": title, "findings": [asdict(finding) for finding in findings]}


def _wanted(asked: argparse.Namespace, key: str) -> bool:
    return asked.only is None or key in asked.only


if __name__ == "__main__":
    main()
