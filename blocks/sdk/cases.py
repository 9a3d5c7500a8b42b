"""Self-tests that stand next to a block: an input and what the block must emit for it."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from blocks.sdk.context import Calls, Context, Review, Wait
from blocks.sdk.credentials import Credential
from blocks.sdk.values import to_json

if TYPE_CHECKING:
    from blocks.sdk.spec import AsyncEmissions, BlockSpec, Emissions

# a block under test that waits more often than that does not end
MOST_WAITS = 1000


@dataclass(frozen=True, slots=True)
class Case:
    """Input as it would be on the pins; each expected value is a value, a type, or a function that accepts it.

    `raises` is a part of the message with which the block fails after it emitted `outputs`; `credentials` are what
    it receives, by the name of the pin.
    """

    input: Mapping[str, Any]
    outputs: Sequence[tuple[str, Any]] = ()
    raises: str | None = None
    context: Context = field(default_factory=Context)
    credentials: Mapping[str, Credential] = field(default_factory=dict)


def run_case(spec: BlockSpec, case: Case) -> str | None:
    """What differs from the case, or None. Waits are over at once; a call that asks for a Review, or
    calls other nodes, ends with it."""
    emitted: list[tuple[str, Any]] = []
    failure = None
    try:
        call(spec, case.input, case.context, case.credentials, into=emitted)
    except Exception as wrong:  # whatever it is, it is compared with what the case expects
        failure = wrong
    for name, value in emitted:
        if name != "error" and (problem := spec.output_problem(name, value)) is not None:
            return problem
    if (failure is None) != (case.raises is None) or (failure and case.raises and case.raises not in str(failure)):
        return f"raised {failure!r}, expected {case.raises!r} for {case.input!r}"
    if len(emitted) != len(case.outputs) or not all(map(_fits, emitted, case.outputs)):
        return f"emitted {emitted!r}, expected {list(case.outputs)!r} for {case.input!r}"
    return None


def call(
    spec: BlockSpec,
    data: Mapping[str, Any],
    context: Context,
    credentials: Mapping[str, Credential] = MappingProxyType({}),
    *,
    into: list[tuple[str, Any]] | None = None,
) -> list[tuple[str, Any]]:
    """Everything the block emits for `data`, as JSON; what came before a failure is in `into`."""
    emitted = [] if into is None else into
    for _ in range(MOST_WAITS):
        wait = asyncio.run(_drain(spec.start(spec.bind(data), context, **credentials), emitted))
        if wait is None:
            return emitted
        context = dataclasses.replace(context, state=to_json(wait.state))
    raise RuntimeError(f"{spec.name} still waits after {MOST_WAITS} calls")


async def _drain(running: Emissions | AsyncEmissions, emitted: list[tuple[str, Any]]) -> Wait | None:
    if isinstance(running, AsyncIterator):
        async for item in running:
            if isinstance(item, Wait | Review | Calls):
                return item if isinstance(item, Wait) else None
            emitted.append((item[0], to_json(item[1])))
        return None
    for item in running:
        if isinstance(item, Wait | Review | Calls):
            return item if isinstance(item, Wait) else None
        emitted.append((item[0], to_json(item[1])))
    return None


def _fits(emitted: tuple[str, Any], expected: tuple[str, Any]) -> bool:
    name, value = emitted
    wanted = expected[1]
    if name != expected[0]:
        return False
    if isinstance(wanted, type):
        return isinstance(value, wanted)
    if callable(wanted):
        return bool(wanted(value))
    # 3 is 3.0, but true is not 1
    alike = type(value) is type(wanted) or (_number(value) and _number(wanted))
    return alike and bool(value == wanted)


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
