"""CPU and memory over the course of one run, from the beginning to any moment."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bench.cpu import Meter, Pids
from bench.memory import memory

EVERY = 0.25


@dataclass(frozen=True)
class Sample:
    moment: float  # seconds of the epoch
    cpu: float  # seconds that all processes have used since the beginning
    memory: float  # megabytes of Petiole's worker


class Samples:
    """`processes` as in Setting."""

    def __init__(self, processes: Mapping[str, Pids]) -> None:
        self._workers = {"workers": processes["workers"]}
        self._meter = Meter(processes)
        self._meter.start()
        self._taken: list[Sample] = []
        self.take()

    def take(self) -> None:
        workers = memory(self._workers).get("workers", {"pss": 0.0})
        self._taken.append(Sample(time.time(), sum(self._meter.read().values()), workers["pss"]))

    def while_waiting(self, done: Callable[[], bool]) -> bool:
        if time.time() - self._taken[-1].moment >= EVERY:
            self.take()
        return done()

    def at(self, moment: float) -> Sample:
        return at(self._taken, moment)


def at(taken: Sequence[Sample], moment: float) -> Sample:
    """Between two samples in a straight line."""
    before = max((one for one in taken if one.moment <= moment), key=_moment, default=taken[0])
    after = min((one for one in taken if one.moment >= moment), key=_moment, default=taken[-1])
    if before.moment >= after.moment:
        return before
    share = (moment - before.moment) / (after.moment - before.moment)
    cpu = before.cpu + share * (after.cpu - before.cpu)
    return Sample(moment, cpu, before.memory + share * (after.memory - before.memory))


def _moment(sample: Sample) -> float:
    return sample.moment
