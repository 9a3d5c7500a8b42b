"""What a call of a block costs, in credits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class CostType(StrEnum):
    RUN = "run"
    SECOND = "second"
    BYTE = "byte"


@dataclass(frozen=True, slots=True)
class Cost:
    """A price, and the input for which it holds."""

    amount: int
    type: CostType = CostType.RUN
    filter: Mapping[str, Any] = field(default_factory=dict)


def price(costs: Sequence[Cost], data: Mapping[str, Any]) -> int:
    """The price of one run with this input."""
    cost = matching(costs, data)
    return 0 if cost is None else cost.amount


def matching(costs: Sequence[Cost], data: Mapping[str, Any]) -> Cost | None:
    """The entry that holds for this input: of all that match, the one whose filter says most."""
    found = [cost for cost in costs if cost.type is CostType.RUN and _matches(cost.filter, data)]
    # max() keeps the first of equals: the order of the list decides between equally specific entries
    return max(found, key=lambda cost: len(cost.filter)) if found else None


def _matches(wanted: Any, found: Any) -> bool:
    """`wanted` is a part of `found`; null, missing, empty, 0 and false are one and the same."""
    if not wanted and not found:
        return True
    if isinstance(wanted, Mapping):
        inside = found if isinstance(found, Mapping) else {}
        return (isinstance(found, Mapping) or not found) and all(
            _matches(value, inside.get(key)) for key, value in wanted.items()
        )
    return bool(wanted == found)
