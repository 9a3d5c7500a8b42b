"""What graphs and the engine know of a block: its facts and the checks on its data, compiled once."""

import reprlib
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from blocks.sdk.check import Check, compiled
from blocks.sdk.context import Calls, Context, Review, Wait
from blocks.sdk.conversion import Converter, says_nothing
from blocks.sdk.costs import Cost
from blocks.sdk.credentials import Credential
from blocks.sdk.errors import BlockDisabled, ConversionError, InputError
from blocks.sdk.fields import BlockInput
from blocks.sdk.kinds import BlockType, Category, Effect, Workload

Emissions = Iterator[tuple[str, Any] | Wait | Review | Calls]
AsyncEmissions = AsyncIterator[tuple[str, Any] | Wait | Review | Calls]


@dataclass(frozen=True, slots=True)
class InputPin:
    """One input of a block. `schema` is its JSON schema; `default` means something only when `has_default`."""

    name: str
    schema: Mapping[str, Any]
    required: bool
    has_default: bool = False
    default: Any = None
    secret: bool = False
    advanced: bool = False
    hidden: bool = False
    depends_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CredentialsField:
    """An input that takes a reference to credentials, and which ones it takes."""

    name: str
    providers: tuple[str, ...]
    types: tuple[str, ...]
    scopes: tuple[str, ...] = ()
    discriminator: str | None = None
    discriminator_mapping: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    required: bool = True


@dataclass(frozen=True, slots=True)
class Implementation:
    """The code behind a block; placeholders have none."""

    build: Callable[[Mapping[str, Any]], BlockInput]
    start: Callable[[BlockInput, Context, Mapping[str, Any]], Emissions | AsyncEmissions]
    converters: tuple[tuple[str, Converter], ...]
    is_async: bool
    block: type
    awaits: Callable[[Mapping[str, Any]], Collection[str]]
    miswired: Callable[[Mapping[str, bool]], Mapping[str, str]]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class BlockSpec:
    """One block. The dictionaries inside are shared by everybody: read them, never write them."""

    id: str
    name: str
    description: str
    categories: tuple[Category, ...]
    block_type: BlockType
    static_output: bool
    disabled: str | None
    sensitive_action: bool
    workload: Workload
    effect: Effect
    costs: tuple[Cost, ...]
    input_schema: dict[str, Any]
    output_schema: dict[str, Any]
    inputs: Mapping[str, InputPin]
    output_names: frozenset[str]
    credentials: Mapping[str, CredentialsField]
    webhook_provider: str | None = None
    late_pins: frozenset[str] = frozenset()
    implementation: Implementation | None = field(default=None, repr=False)
    _required: tuple[str, ...] = field(init=False, repr=False)
    _checks: tuple[tuple[str, Check], ...] = field(init=False, repr=False)
    _output_checks: Mapping[str, Check | None] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        checked = {name: pin for name, pin in self.inputs.items() if name not in self.credentials}
        checks = ((name, compiled(pin.schema)) for name, pin in checked.items())
        outputs = {name: compiled(part) for name, part in self.output_schema["properties"].items()}
        # the dataclass is frozen for everybody else
        object.__setattr__(self, "_required", tuple(name for name, pin in checked.items() if pin.required))
        object.__setattr__(self, "_checks", tuple((name, check) for name, check in checks if check is not None))
        object.__setattr__(self, "_output_checks", outputs)

    @property
    def placeholder(self) -> bool:
        return self.implementation is None

    @property
    def is_async(self) -> bool:
        return self.implementation is not None and self.implementation.is_async

    def convert(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """`data` with every declared, non-null value converted to its pin's type; keys and their order stay."""
        converted = dict(data)
        for name, convert in self.implementation.converters if self.implementation else ():
            value = converted.get(name)
            if value is not None:
                try:
                    converted[name] = convert(value)
                except ConversionError as wrong:
                    raise ConversionError(f"{name}: {wrong}") from None
        return converted

    def guesses(self, given: Mapping[str, Any], converted: Mapping[str, Any]) -> tuple[str, ...]:
        """What a conversion made of texts that say nothing of the pin's type."""
        pins = (name for name, _ in self.implementation.converters) if self.implementation else ()
        return tuple(
            f"{name}: {reprlib.repr(given[name])} became {converted[name]!r}"
            for name in pins
            if isinstance(given.get(name), str) and says_nothing(given[name], converted[name])
        )

    def problem(self, data: Mapping[str, Any]) -> str | None:
        """Why the block cannot be called with `data`, or None. Nulls count as absent; credentials are exempt."""
        missing = [name for name in self._required if data.get(name) is None]
        if missing:
            return f"missing input: {', '.join(missing)}"
        for name, check in self._checks:
            value = data.get(name)
            if value is not None:
                problem = check(value)
                if problem is not None:
                    return f"input data mismatch: {name}: {problem}"
        return None

    def awaits(self, data: Mapping[str, Any]) -> Collection[str]:
        """For which of its late pins an execution with `data` waits."""
        return () if self.implementation is None else self.implementation.awaits(data)

    def miswired(self, links: Mapping[str, bool]) -> Mapping[str, str]:
        """What is wrong with the links into a node: pin → sentence. `links`: linked pin → whether a static one does."""
        return {} if self.implementation is None else self.implementation.miswired(links)

    def bind(self, data: Mapping[str, Any]) -> BlockInput:
        """The typed input: nulls dropped, defaults applied. InputError, a ValueError, when `data` does not fit."""
        problem = self.problem(data)
        if problem is not None:
            raise InputError(problem)
        return self._running().build(data)

    def start(self, data: BlockInput, context: Context, **credentials: Credential | None) -> Emissions | AsyncEmissions:
        """One call of the block, on an instance of its own: an async iterator when `is_async`."""
        return self._running().start(data, context, dict.fromkeys(self.credentials) | credentials)

    def output_problem(self, name: str, value: Any) -> str | None:
        """Why `value`, plain JSON, may not be emitted as `name`. Only STANDARD blocks are held to their schema."""
        if self.block_type is not BlockType.STANDARD:
            return None
        try:
            check = self._output_checks[name]
        except KeyError:
            declared = ", ".join(self._output_checks) or "no outputs"
            return f"Invalid property name '{name}': {self.name} declares {declared}"
        problem = None if check is None else check(value)
        return None if problem is None else f"invalid output data: {name}: {problem}"

    def _running(self) -> Implementation:
        if self.implementation is None or self.disabled:
            raise BlockDisabled(self.disabled or f"{self.name} has no implementation.")
        return self.implementation
