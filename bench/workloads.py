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


@dataclass(frozen=True)
class Flood:
    """As a fan, but the node behind all of them runs once for each of them."""

    width: int

    @property
    def nodes(self) -> int:
        return 2 * self.width + 1


Shape: TypeAlias = Chain | Fan | Flood


@dataclass(frozen=True)
class Workload:
    """`runs` runs of a shape are started one after the other, without waiting; the last end is the end.

    `repeats`: how often in every round; short ones need more to say anything.
    `once`: in the first round alone, because it takes long."""

    key: str
    title: str
    shape: Shape
    runs: int = 1
    repeats: int = 1
    once: bool = False

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
    seen: float | None = (
        None  # from just before the first start until who waits saw the end; None: it was not asked often
    )


class Contender(Protocol):
    """Something that can run shapes. It waits for the end without disturbing whoever works."""

    name: str

    def takes(self, shape: Shape) -> bool: ...

    def run(self, shape: Shape, runs: int) -> Measured: ...


@dataclass(frozen=True)
class Size:
    """`scale` makes every number smaller, to try the benchmark itself; `full`: what takes long in its whole size."""

    scale: float = 1.0
    full: bool = False

    def of(self, number: int, *, least: int, full: int | None = None) -> int:
        return max(least, round((full if self.full and full is not None else number) * self.scale))


def workloads(size: Size) -> list[Workload]:
    """All that several contenders can run, in turns."""
    short, long, longest = size.of(10, least=2), size.of(100, least=3), size.of(1000, least=4)
    width, widest, runs = size.of(100, least=2), size.of(1000, least=3), size.of(200, least=2)
    many, some, repeats = size.of(100, least=2), size.of(100, least=2, full=1000), size.of(10, least=3)
    return [
        Workload("one", "one node", Chain(1), repeats=repeats),
        Workload("three-steps", "three steps", Chain(3), repeats=repeats),
        Workload("three-steps-many", f"{many} runs of 3 nodes", Chain(3), runs=many),
        Workload("chain-short", f"chain of {short}", Chain(short), repeats=5),
        Workload("chain-long", f"chain of {long}", Chain(long), repeats=2),
        Workload("chain-longest", f"chain of {longest}", Chain(longest), once=True),
        Workload("four", f"4 chains of {long}", Chain(long), runs=4),
        Workload("join", f"1 → {width} → 1", Fan(width), repeats=2),
        Workload("join-wide", f"1 → {widest} → 1", Fan(widest), once=True),
        Workload("plain-pin", f"1 → {some} → {some} x 1", Flood(some), once=True),
        Workload("throughput", f"{runs} runs of 5 nodes", Chain(5), runs=runs),
    ]
