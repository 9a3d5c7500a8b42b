"""What the project wants to reach, next to what was measured. A report: nothing depends on it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]


class Results:
    """A result as `__main__` writes it, and the newest one of the other profile; None for what is not in it."""

    def __init__(self, result: Json, other: Json | None) -> None:
        self._other = other
        self._works: Mapping[str, Json] = {work["key"]: work["contenders"] for work in result["workloads"]}
        self._probes = {
            (probe["key"], each["key"]): each["value"] for probe in result["probes"] for each in probe["findings"]
        }

    def work(self, key: str, measure: str) -> float | None:
        figure = self._works.get(key, {}).get("petiole", {}).get(measure)
        return None if figure is None else float(figure["median"])

    def takes(self, key: str, contender: str, measure: str) -> float | None:
        """How many times as much Petiole takes."""
        figure = self._works.get(key, {}).get(contender, {}).get("petiole_takes", {}).get(measure)
        return None if figure is None else float(figure["median"])

    def probe(self, key: str, finding: str) -> float | None:
        found = self._probes.get((key, finding))
        return None if found is None else float(found)

    def per_node(self, one: str, other: str) -> float | None:
        over, under = self.work(one, "ms_per_node"), self.work(other, "ms_per_node")
        return None if over is None or not under else over / under

    def profiles(self, key: str) -> float | None:
        """The embedded profile next to the production one."""
        if self._other is None:
            return None
        here, there = self.work(key, "ms_per_node"), Results(self._other, None).work(key, "ms_per_node")
        if here is None or there is None:
            return None
        return there / here if self._other["profile"] == "embedded" else here / there


@dataclass(frozen=True)
class Target:
    text: str
    bound: float
    unit: str
    measured: float | None

    def as_json(self) -> Json:
        met = None if self.measured is None else self.measured <= self.bound
        return {"text": self.text, "bound": self.bound, "unit": self.unit, "measured": self.measured, "met": met}


def targets(result: Json, other: Json | None) -> list[Json]:
    """All are upper bounds. 0.6 times the throughput is 1 / 0.6 of the time, ten times faster a tenth of it."""
    found = Results(result, other)
    return [target.as_json() for target in (*_engine(found), *_stack(found), *_profiles(found))]


def _engine(found: Results) -> list[Target]:
    polling = found.takes("chain-short", "polling, 0.1 s", "time")
    return [
        Target("chain: time per hop : celery chain", 1.5, "x", found.takes("chain-long", "celery chain", "time")),
        Target("many runs: time : publish-next", 1 / 0.6, "x", found.takes("throughput", _NEXT, "time")),
        Target("many runs: CPU per node : publish-next", 2.0, "x", found.takes("throughput", _NEXT, "cpu")),
        Target("time per hop, chain of 1,000 : of 10", 1.15, "x", found.per_node("chain-longest", "chain-short")),
        Target("time per node, 1 → 1,000 → 1 : 1 → 100 → 1", 1.15, "x", found.per_node("join-wide", "join")),
        Target("loop: time per pass, last tenth : first", 1.15, "x", found.probe("loop", "pass_ratio")),
        Target("loop: CPU per pass, last tenth : first", 1.15, "x", found.probe("loop", "cpu_ratio")),
        Target("loop: memory at the end : after a tenth", 1.15, "x", found.probe("loop", "memory_ratio")),
        Target("outputs: time of each, last tenth : first", 1.15, "x", found.probe("series", "emitted_ratio")),
        Target("outputs: memory at the end : after a tenth", 1.15, "x", found.probe("series", "memory_ratio")),
        Target("small user: wait next to a noisy one : quiet", 2.0, "x", found.probe("neighbours", "ratio")),
        Target("long history: chain, time, after : before", 1.1, "x", found.probe("history", "chain_ratio")),
        Target("long history: many runs, time, after : before", 1.1, "x", found.probe("history", "many_ratio")),
        Target("500 nodes that wait 1 s, one io worker process", 6.0, "s", found.probe("waits", "seconds")),
        Target("chain: time per hop : polling every 0.1 s", 0.1, "x", polling),
        Target("three steps until seen, median", 60.0, "ms", found.work("three-steps", "seen_ms")),
    ]


def _stack(found: Results) -> list[Target]:
    return [
        Target("idle stack: share of a core", 2.0, "%", found.probe("stack", "cpu_share")),
        Target("idle stack: memory of all processes", 600.0, "MB", found.probe("stack", "memory_idle")),
        Target("`manage.py up` until ready, warm", 5.0, "s", found.probe("stack", "ready_warm")),
        Target("start-up of `manage.py`", 1.0, "s", found.probe("stack", "start_up")),
    ]


def _profiles(found: Results) -> list[Target]:
    return [
        Target("embedded : production, chain, per hop", 1.5, "x", found.profiles("chain-long")),
        Target("embedded : production, four chains at once", 1.5, "x", found.profiles("four")),
    ]


_NEXT = "celery publish-next"


def other_profile(result: Json, folder: Path) -> Json | None:
    """The newest result of the other profile in this folder that was measured with the same sizes."""
    name = {"embedded": "production", "production": "embedded"}[result["profile"]]
    for file in sorted(folder.glob(f"*-{name}.json"), reverse=True):
        found: Json = json.loads(file.read_text())
        if (found["scale"], found.get("full")) == (result["scale"], result["full"]):
            return found
    return None
