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
    """A price, and the input for which it holds. `platform`: only where the platform's own credentials are used."""

    amount: int
    type: CostType = CostType.RUN
    filter: Mapping[str, Any] = field(default_factory=dict)
    platform: bool = False

    @property
    def conditions(self) -> int:
        """How much the entry asks for: the one that asks for most holds."""
        return sum(map(_leaves, self.filter.values())) + self.platform

    def measured(self, *, seconds: float, size: int) -> int:
        """Credits for what was measured; nothing for a price that is known before the run."""
        measures: dict[CostType, float] = {CostType.SECOND: seconds, CostType.BYTE: size}
        return int(measures.get(self.type, 0) * self.amount)


def price(costs: Sequence[Cost], data: Mapping[str, Any], *, platform: bool = False) -> int:
    """What one run with this input costs, as far as that is known before it."""
    cost = matching(costs, data, platform=platform)
    return 0 if cost is None or cost.type is not CostType.RUN else cost.amount


def matching(costs: Sequence[Cost], data: Mapping[str, Any], *, platform: bool = False) -> Cost | None:
    """The entry that holds for this input: of all that match, the one that asks for most.

    `platform`: the platform's own credentials are used."""
    found = [cost for cost in costs if (platform or not cost.platform) and matches(cost.filter, data)]
    # max() keeps the first of equals: the order of the list decides between equally specific entries
    return max(found, key=lambda cost: cost.conditions) if found else None


def unreachable(costs: Sequence[Cost]) -> list[Cost]:
    """Entries that never hold, because an earlier one asks for exactly the same."""
    return [late for number, late in enumerate(costs) if any(_same(late, early) for early in costs[:number])]


def _same(one: Cost, other: Cost) -> bool:
    alike = matches(one.filter, other.filter) and matches(other.filter, one.filter)
    return alike and (one.conditions, one.platform) == (other.conditions, other.platform)


def _leaves(wanted: Any) -> int:
    return sum(map(_leaves, wanted.values())) if isinstance(wanted, Mapping) and wanted else 1


def matches(wanted: Any, found: Any) -> bool:
    """`wanted` is a part of `found`; null, missing, empty, 0 and false are one and the same."""
    if not wanted and not found:
        return True
    if isinstance(wanted, Mapping):
        inside = found if isinstance(found, Mapping) else {}
        return (isinstance(found, Mapping) or not found) and all(
            matches(value, inside.get(key)) for key, value in wanted.items()
        )
    return bool(wanted == found)
