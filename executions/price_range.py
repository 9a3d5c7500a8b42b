"""What an execution of a node can cost, as far as it is known before any value has arrived."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from blocks.sdk import BlockSpec, Cost, CostType
from blocks.sdk.costs import matches
from executions import pricing
from graphs.pins import base_name
from graphs.plan import PlanNode


@dataclass(frozen=True)
class PriceRange:
    """Credits. `most` is None for what is paid by use. `why`: half a sentence for a person."""

    least: int
    most: int | None
    why: str

    @property
    def free(self) -> bool:
        return self.most == 0


FREE = PriceRange(0, 0, "free")


def price_range(node: PlanNode, spec: BlockSpec, mask: Mapping[str, Any]) -> PriceRange:
    """Constants and masks are known, what comes by a link is not."""
    costs = [entry.cost for entry in pricing.price_list(spec)]
    if not costs:
        return FREE
    open_pins = {name for pin in node.pins - set(mask) for name in (pin, base_name(pin))}
    data = pricing.known(spec, {**node.constants, **mask})
    platform = pricing.uses_platform(spec, data)
    allowed = [cost for cost in costs if platform or not cost.platform]
    possible = [cost for cost in allowed if _possible(cost, data, open_pins)]
    certain = [cost for cost in possible if not _asks_for(cost, open_pins)]
    best = max(certain, key=lambda cost: cost.conditions) if certain else None
    rivals = [cost for cost in possible if cost not in certain and (best is None or cost.conditions >= best.conditions)]
    return _of([*([best] if best else []), *rivals], certain=best is not None)


def _possible(cost: Cost, data: Mapping[str, Any], open_pins: set[str]) -> bool:
    return all(pin in open_pins or matches(wanted, data.get(pin)) for pin, wanted in cost.filter.items())


def _asks_for(cost: Cost, open_pins: set[str]) -> bool:
    return any(pin in open_pins for pin in cost.filter)


def _of(entries: list[Cost], *, certain: bool) -> PriceRange:
    """`certain`: one of the entries holds whatever arrives."""
    if not entries:
        return FREE
    if metered := [cost for cost in entries if cost.type is not CostType.RUN]:
        units = " or ".join(dict.fromkeys(f"{cost.amount} a {cost.type}" for cost in metered))
        return PriceRange(0, None, f"paid by use: {units}")
    amounts = [cost.amount for cost in entries] + ([] if certain else [0])
    least, most = min(amounts), max(amounts)
    why = f"{most} credits" if least == most else f"{least} to {most} credits, as its input will be"
    return PriceRange(least, most, why)
