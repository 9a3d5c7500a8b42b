"""Orders in which a reference run may be executed: see `choose` of the interpreter."""

from collections.abc import Sequence
from random import Random

from tests.reference.interpreter import Choose, Execution, first


def last(movable: Sequence[Execution]) -> Execution:
    """Depth first: what became ready by an output runs before the next output."""
    return movable[-1]


def at_random(seed: int) -> Choose:
    return Random(seed).choice


def recorded(order: Sequence[tuple[str, int]]) -> Choose:
    """Execution by execution, each to its end, in a given order of (node, number); AssertionError if it cannot be."""
    following = iter(order)

    def choose(movable: Sequence[Execution]) -> Execution:
        ready = {(one.node, one.number): one for one in movable}
        begun = [one for one in movable if one.status == "RUNNING"]
        if begun:
            return begun[0]
        wanted = next(following, None)
        assert wanted in ready, f"{wanted} is to run next, but ready are {sorted(ready)}"
        return ready[wanted]

    return choose


def several(seeds: int = 4) -> list[Choose]:
    """Breadth first, depth first and some at random."""
    return [first, last, *(at_random(seed) for seed in range(seeds))]
