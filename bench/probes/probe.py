"""What a probe gets, and what it gives back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.cpu import Pids
from bench.place import Place
from bench.workloads import Contender, Size

if TYPE_CHECKING:
    from bench.petiole import Petiole


@dataclass(frozen=True)
class Finding:
    """One figure. `key` is for programs; a value is None when this machine or this run could not tell."""

    key: str
    text: str
    value: float | None
    unit: str


@dataclass(frozen=True)
class Setting:
    """A worker waits for Petiole's nodes. `yardstick`: raw Celery, for what is measured at two times.

    `processes`: Petiole's worker, the broker, the database."""

    place: Place
    size: Size
    rounds: int
    petiole: "Petiole"
    yardstick: Contender
    processes: Mapping[str, Pids]
    say: Callable[[str], None]


@dataclass(frozen=True)
class Probe:
    """`title`: with the sizes that `measure` is going to use."""

    key: str
    title: Callable[[Size], str]
    measure: Callable[[Setting], list[Finding]]


def ratio(over: float | None, under: float | None) -> float | None:
    return None if over is None or not under else over / under
