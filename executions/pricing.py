"""Which price holds for an execution: what its block says, and over it what administrators have set (spec 4.3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import credits.prices
from blocks.sdk import BlockSpec, Cost, CostType
from blocks.sdk.costs import matching
from credentials.integrations import SYSTEM
from credits.prices import Override
from executions.database import repeated

_overrides = repeated(credits.prices.overrides)


@dataclass(frozen=True)
class Listed:
    """An entry of the price list; `override` is the row of an administrator that it comes from."""

    cost: Cost
    override: UUID | None = None


def price_list(spec: BlockSpec) -> tuple[Listed, ...]:
    """Entries that administrators have set replace those that ask for the same, and are added to the others."""
    own = tuple(Listed(cost) for cost in spec.costs)
    overrides = _overrides().get(spec.id)
    if not overrides:
        return own
    set_here = tuple(Listed(_cost(one), one.id) for one in overrides)
    replaced = {_key(entry.cost) for entry in set_here}
    # in front: of equally specific entries the first one holds
    return (*set_here, *(entry for entry in own if _key(entry.cost) not in replaced))


def tariff(spec: BlockSpec, data: Mapping[str, Any]) -> Listed | None:
    """The entry that holds for this input, None for what is free."""
    entries = price_list(spec)
    if not entries:
        return None
    cost = matching([entry.cost for entry in entries], known(spec, data), platform=uses_platform(spec, data))
    return next((entry for entry in entries if entry.cost is cost), None)


def known(spec: BlockSpec, data: Mapping[str, Any]) -> dict[str, Any]:
    """The data with the defaults that the block puts where nothing was given: a filter may ask for them."""
    defaults = {name: pin.default for name, pin in spec.inputs.items() if pin.has_default}
    return defaults | {name: value for name, value in data.items() if value is not None}


def uses_platform(spec: BlockSpec, data: Mapping[str, Any]) -> bool:
    """Are credentials of the platform used? Who brings their own pays their provider."""
    given = (data.get(pin) for pin in spec.credentials)
    return any(isinstance(one, Mapping) and str(one.get("id", "")).startswith(SYSTEM) for one in given)


def _cost(one: Override) -> Cost:
    return Cost(one.amount, CostType(one.type), one.filter, platform=one.platform)


def _key(cost: Cost) -> str:
    return credits.prices.key_of(cost.filter, platform=cost.platform)
