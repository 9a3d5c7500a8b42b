"""What is measured: shapes of runs, and how many of them at once."""

from dataclasses import dataclass
from typing import Protocol, TypeAlias


@dataclass(frozen=True)
class Chain:
    """One node after the other."""

    length: int

    @property
    def nodes(self) -> int:
        return self.length


@dataclass(frozen=True)
class Fan:
    """One node, `width` nodes behind it, and one behind all of those."""

    width: int

    @property
    def nodes(self) -> int:
        return self.width + 2


Shape: TypeAlias = Chain | Fan


@dataclass(frozen=True)
class Workload:
    """`runs` runs of a shape are started one after the other, without waiting; the last end is the end.

    `repeats`: how often in every round; short ones need more to say anything."""

    key: str
    title: str
    shape: Shape
    runs: int = 1
    repeats: int = 1

    @property
    def nodes(self) -> int:
        return self.runs * self.shape.nodes


@dataclass(frozen=True)
class Measured:
    """One measurement. CPU in seconds by kind of process; empty where the machine does not tell."""

    nodes: int
    seconds: float  # from just before the first start to the end of the last run
    starting: float  # of these, until the last start had returned
    cpu: dict[str, float]


class Contender(Protocol):
    """Something that can run shapes. It waits for the end without disturbing whoever works."""

    name: str

    def takes(self, shape: Shape) -> bool: ...

    def run(self, shape: Shape, runs: int) -> Measured: ...


def workloads(scale: float) -> list[Workload]:
    """All of them; `scale` makes every number smaller, to try the benchmark itself."""

    def scaled(number: int, least: int) -> int:
        return max(least, round(number * scale))

    short, long, width, runs = scaled(10, 2), scaled(100, 3), scaled(100, 2), scaled(200, 2)
    return [
        Workload("chain-short", f"chain of {short}", Chain(short), repeats=5),
        Workload("chain-long", f"chain of {long}", Chain(long), repeats=2),
        Workload("join", f"1 → {width} → 1", Fan(width), repeats=2),
        Workload("throughput", f"{runs} runs of 5 nodes", Chain(5), runs=runs),
    ]
