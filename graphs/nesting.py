"""How deep graphs call each other, and whether they do so in a circle."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from graphs.errors import GraphInvalid, GraphTooLarge

Key: TypeAlias = tuple[str, int]  # graph id, version


def check(root: Key, calls: Mapping[Key, Sequence[Key]], names: Mapping[Key, str], *, deepest: int) -> None:
    """`calls` says which versions each version runs. Raises when `root` reaches itself or too many levels."""
    depth: dict[Key, int] = {}
    for key in _children_first(root, calls, names):
        depth[key] = 1 + max((depth[below] for below in calls.get(key, ())), default=0)
    if depth[root] - 1 > deepest:
        raise GraphTooLarge(f"Sub-graphs are nested {depth[root] - 1} levels deep; at most {deepest} are allowed.")


def _children_first(root: Key, calls: Mapping[Key, Sequence[Key]], names: Mapping[Key, str]) -> Iterable[Key]:
    """Every version that `root` reaches, each after those that it runs. No recursion: files may be hostile."""
    finished: dict[Key, None] = {}
    path: dict[Key, None] = {root: None}
    waiting = [(root, iter(calls.get(root, ())))]
    while waiting:
        key, rest = waiting[-1]
        below = next((one for one in rest if one not in finished), None)
        if below is None:
            waiting.pop()
            del path[key]
            finished[key] = None
        elif below in path:
            circle = [*list(path)[list(path).index(below) :], below]
            told = " -> ".join(names.get(one, f"{one[0]} v{one[1]}") for one in circle[:10])
            raise GraphInvalid(f"Sub-graphs call each other in a circle: {told}. Remove one of the calls.")
        else:
            path[below] = None
            waiting.append((below, iter(calls.get(below, ()))))
    return finished
