"""From measurements to figures: medians with their range, and ratios within rounds."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import ceil
from statistics import median
from typing import Any, TypeAlias

from bench.awaiting import OFTEN, pause
from bench.rounds import Taken
from bench.workloads import Measured, Workload

SUBJECT = "petiole"
Figure: TypeAlias = dict[str, float]
Measure = Callable[[list[Measured]], float | None]


def ms_per_node(some: list[Measured]) -> float:
    return median(one.seconds / one.nodes * 1000 for one in some)


def nodes_per_second(some: list[Measured]) -> float:
    return median(one.nodes / one.seconds for one in some)


def starting_ms_per_node(some: list[Measured]) -> float:
    return median(one.starting / one.nodes * 1000 for one in some)


def seen_ms(some: list[Measured]) -> float | None:
    """Of a whole run, not of a node: what somebody waits who has started it."""
    seen = [one.seen * 1000 for one in some if one.seen is not None]
    return median(seen) if seen else None


def cpu_of(*kinds: str) -> Measure:
    """Of all measurements together, because the clock of processes ticks every 10 ms. No kinds: all that are known."""

    def measure(some: list[Measured]) -> float | None:
        known = [seconds for one in some for kind, seconds in one.cpu.items() if not kinds or kind in kinds]
        return sum(known) / sum(one.nodes for one in some) * 1000 if known else None

    return measure


OF_EACH: Mapping[str, Measure] = {
    "ms_per_node": ms_per_node,
    "nodes_per_second": nodes_per_second,
    "starting_ms_per_node": starting_ms_per_node,
    "seen_ms": seen_ms,
}
OF_ROUNDS: Mapping[str, Measure] = {
    "cpu_ms_per_node": cpu_of(),
    "cpu_ms_per_node_workers": cpu_of("workers"),
    "cpu_ms_per_node_broker": cpu_of("broker"),
    "cpu_ms_per_node_database": cpu_of("database"),
}
RATIOS: Mapping[str, Measure] = {"time": ms_per_node, "cpu": cpu_of(), "seen": seen_ms}


def figure(values: Iterable[float | None]) -> Figure | None:
    known = sorted(value for value in values if value is not None)
    if not known:
        return None
    late = known[ceil(0.95 * len(known)) - 1]
    return {"median": median(known), "min": known[0], "p95": late, "max": known[-1], "samples": float(len(known))}


def figures(taken: Taken, workloads: Sequence[Workload]) -> list[dict[str, Any]]:
    """For each workload its contenders; for each of those the measures, and how many times as much Petiole takes."""
    return [
        {
            "key": work.key,
            "title": work.title,
            "nodes": work.nodes,
            "watched": pause(work.nodes) == OFTEN,
            "contenders": {name: _of(rounds, taken[work.key][SUBJECT]) for name, rounds in taken[work.key].items()},
        }
        for work in workloads
    ]


def _of(rounds: list[list[Measured]], subject: list[list[Measured]]) -> dict[str, Any]:
    each = [[one] for some in rounds for one in some]
    found: dict[str, Any] = {name: figure(map(measure, each)) for name, measure in OF_EACH.items()}
    found |= {name: figure(map(measure, rounds)) for name, measure in OF_ROUNDS.items()}
    if rounds is not subject:
        found["petiole_takes"] = {name: _ratio(subject, rounds, measure) for name, measure in RATIOS.items()}
    return found


def _ratio(subject: list[list[Measured]], other: list[list[Measured]], measure: Measure) -> Figure | None:
    """What was measured in one round is compared with each other: what slows the machine down slows both."""
    ratios = []
    for mine, theirs in zip(map(measure, subject), map(measure, other), strict=True):
        if mine is not None and theirs:
            ratios.append(mine / theirs)
    return figure(ratios)
