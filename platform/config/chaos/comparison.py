"""Compares what a run has come to with what an undisturbed one came to. Pure: two values in, sentences out."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from config.chaos.kinds import OUTPUT, Kind
from config.chaos.reading import Found, OfNode
from executions.states import ALIVE

STOPPED = ("TERMINATED", "COMPLETED")
NOTHING = OfNode()


def differences(kind: Kind, expected: Found, seen: Found) -> list[str]:
    """Nothing when both are alike. A run that somebody stopped is a part of the other; it has nothing else."""
    if seen.status in ALIVE:
        return [f"the run has not ended: it is {seen.status}", *seen.odd]
    if seen.stopping:
        return [*seen.odd, *_stopped(expected, seen)]
    excused = kind.below(key for key in kind.once if seen.nodes.get(key, NOTHING).perhaps)
    return [*seen.odd, *_ended(kind, expected, seen, excused)]


def _ended(kind: Kind, expected: Found, seen: Found, excused: frozenset[str]) -> Iterator[str]:
    if seen.status != expected.status:
        yield f"the run is {seen.status}, not {expected.status}"
    if not excused and seen.count != expected.count:
        yield f"node_exec_count is {seen.count}, not {expected.count}"
    unsure = {kind.nodes[key].constants["name"] for key in excused if kind.nodes[key].block == OUTPUT}
    for name in sorted({*expected.outputs, *seen.outputs} - unsure):
        yield from _outputs(name, expected.outputs.get(name, []), seen.outputs.get(name, []), name in kind.ordered)
    for place in sorted({*expected.nodes, *seen.nodes}):
        wanted, got = expected.nodes.get(place, NOTHING), seen.nodes.get(place, NOTHING)
        if place not in excused:
            yield from _node(place, wanted, got)
        elif place in kind.once:
            yield from _maybe_executed(place, wanted, got)


def _outputs(name: str, expected: list[str], seen: list[str], ordered: bool) -> Iterator[str]:  # noqa: FBT001
    if Counter(expected) != Counter(seen):
        yield f"output {name!r}: {_both(Counter(expected), Counter(seen))}"
    elif ordered and expected != seen:
        yield f"output {name!r} is in another order: {_some(seen)}"


def _node(place: str, expected: OfNode, seen: OfNode) -> Iterator[str]:
    if expected.statuses != seen.statuses:
        yield f"{place}: executions {dict(seen.statuses)}, not {dict(expected.statuses)}"
    if expected.emitted != seen.emitted:
        yield f"{place}: {_both(expected.emitted, seen.emitted)}"
    if expected.charged != seen.charged:
        yield f"{place}: charged {seen.charged}, not {expected.charged}"


def _maybe_executed(place: str, expected: OfNode, seen: OfNode) -> Iterator[str]:
    """It counts as done once: it was tried, it is paid, it is not tried again."""
    if seen.statuses.total() != expected.statuses.total():
        yield f"{place}: {seen.statuses.total()} executions, not {expected.statuses.total()}"
    if seen.charged != expected.charged:
        yield f"{place}: charged {seen.charged}, not {expected.charged}"


def _stopped(expected: Found, seen: Found) -> Iterator[str]:
    if seen.status not in STOPPED:
        yield f"the run was stopped and is {seen.status}"
    if seen.ended_at and seen.last_start and seen.last_start > seen.ended_at:
        yield f"a node started at {seen.last_start}, after the run had ended at {seen.ended_at}"
    for place, node in sorted(seen.nodes.items()):
        wanted = expected.nodes.get(place, NOTHING)
        if node.statuses.total() > wanted.statuses.total():
            yield f"{place}: {node.statuses.total()} executions, undisturbed there are {wanted.statuses.total()}"
        if more := node.emitted - wanted.emitted:
            yield f"{place}: too many outputs: {_some(more.elements())}"
        if node.charged > wanted.charged:
            yield f"{place}: charged {node.charged}, undisturbed it is {wanted.charged}"


def _both(expected: Counter[Any], seen: Counter[Any]) -> str:
    missing, more = expected - seen, seen - expected
    parts = [f"missing {missing.total()}: {_some(missing.elements())}"] if missing else []
    parts += [f"too many {more.total()}: {_some(more.elements())}"] if more else []
    return "; ".join(parts)


def _some(many: Iterable[Any]) -> str:
    listed = [str(one) for one in many]
    return ", ".join(listed[:3]) + (" …" if len(listed) > 3 else "")
