"""Could a run have ended like this? A search for an order in which the interpreter gives the same result.

Only outputs that reach a node at which values are paired have to be ordered: all others are taken at once. What arrived
at which execution of such a node is known of the run in question, so most wrong orders are left at their first step."""

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from tests.reference.interpreter import Execution, Interpretation
from tests.reference.record import as_detail, unordered

MOST_MOVES: Final = 20_000


@dataclass(frozen=True)
class Seen:
    """An execution of the run in question: what arrived or was taken over, in this order; did it become ready?"""

    arrived: Mapping[str, Any]
    ready: bool


class Undecided(Exception):
    """The search has taken too long."""


class Search:
    """`seen`: node → its executions in their order, for all nodes. `result`: the run in the form of the API."""

    def __init__(self, seen: Mapping[str, Sequence[Seen]], result: Mapping[str, Any]) -> None:
        self.seen = seen
        self.wanted = unordered(result)
        self.moves = 0
        self.dead_ends: set[str] = set()

    def succeeds(self, run: Interpretation) -> bool:
        """`run` has been started; it is used up."""
        self._take_what_is_free(run)
        places = [place for place, execution in enumerate(run.executions) if execution.can_move]
        if not places:
            return unordered(as_detail(run)) == self.wanted
        here = _state(run)
        if here in self.dead_ends:
            return False
        for place in places:
            branch = deepcopy(run)
            self._move(branch, branch.executions[place])
            if self._is_possible(branch) and self.succeeds(branch):
                return True
        self.dead_ends.add(here)
        return False

    def _move(self, run: Interpretation, execution: Execution) -> None:
        self.moves += 1
        if self.moves > MOST_MOVES:
            raise Undecided
        run.move(execution)

    def _take_what_is_free(self, run: Interpretation) -> None:
        free = [execution for execution in run.movable() if _is_free(run, execution)]
        while free:
            for execution in free:
                self._move(run, execution)
            free = [execution for execution in run.movable() if _is_free(run, execution)]

    def _is_possible(self, run: Interpretation) -> bool:
        pairing = [node for node in run.nodes.values() if node.pairs]
        return all(self._was_seen(execution) for node in pairing for execution in node.executions)

    def _was_seen(self, execution: Execution) -> bool:
        executions = self.seen.get(execution.node, [])
        if execution.number >= len(executions):
            return False
        seen = executions[execution.number]
        if execution.status != "INCOMPLETE":
            return seen.ready and _pairs(execution.taken) == _pairs(seen.arrived)
        return _pairs(execution.stored) == _pairs(seen.arrived)[: len(execution.stored)]


def _is_free(run: Interpretation, execution: Execution) -> bool:
    """Does its next move reach no node at which values are paired? It may then be made before any other."""
    if execution.coming == []:
        return True
    return not any(run.nodes[link.sink].pairs for link in run.nodes[execution.node].outbound)


def _state(run: Interpretation) -> str:
    """Equal for two runs from which the same can come. Where nothing is paired the order of executions is nothing."""
    parts = [
        [node.id, one.number if node.pairs else 0, one is node.latest, one.status, len(one.coming or ()), one.stored]
        for node in run.nodes.values()
        for one in node.executions
    ]
    return json.dumps(sorted(map(json.dumps, parts)))


def _pairs(arrived: Mapping[str, Any]) -> list[str]:
    """In the order of arrival, which decides what is assembled from dynamic pins."""
    return [json.dumps(pair) for pair in arrived.items()]
