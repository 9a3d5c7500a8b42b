"""The base class of every block, and the facts that are read from a subclass."""

import inspect
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

import pydantic

from blocks.sdk import definition
from blocks.sdk.cases import Case
from blocks.sdk.context import Context
from blocks.sdk.conversion import Converter, converter_for
from blocks.sdk.costs import Cost
from blocks.sdk.errors import InputError
from blocks.sdk.fields import BareOutput, BlockInput
from blocks.sdk.kinds import BlockType, Category, Effect, Workload
from blocks.sdk.schemas import schema_of
from blocks.sdk.spec import BlockSpec, CredentialsField, Implementation, InputPin


class Block:
    """Subclasses say what goes in and out, and do the work in `run`.

    `run(self, data, context)` is a generator or an async generator of (output name, value); a `Wait` or a `Review` as
    the last thing suspends the node. A fresh instance is made for every call. A class whose name ends in `Base` is
    abstract.
    For each credentials pin `run` takes a keyword argument of its name: `run(self, data, context, *, credentials)`;
    it is None when the pin is optional and nobody has chosen one.
    """

    id: ClassVar[str]
    categories: ClassVar[tuple[Category, ...]] = ()
    block_type: ClassVar[BlockType] = BlockType.STANDARD
    static_output: ClassVar[bool] = False
    disabled: ClassVar[str | None] = None
    sensitive_action: ClassVar[bool] = False
    webhook_provider: ClassVar[str | None] = None  # whose messages start a run at a node of this block
    workload: ClassVar[Workload | None] = None
    effect: ClassVar[Effect] = Effect.PURE
    costs: ClassVar[tuple[Cost, ...]] = ()
    late_pins: ClassVar[frozenset[str]] = frozenset()  # a link into one need not have brought a value: see `awaits`
    cases: ClassVar[tuple[Case, ...]] = ()
    Input: ClassVar[type[BlockInput]]
    Output: ClassVar[type[BareOutput]]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if not is_abstract(cls):
            definition.check(cls)

    @classmethod
    def awaits(cls, data: Mapping[str, Any]) -> Collection[str]:
        """For which of its late pins an execution with this input waits. The data need not fit the pins yet."""
        return ()

    @classmethod
    def miswired(cls, links: Mapping[str, bool]) -> Mapping[str, str]:
        """What is wrong with the links into a node, pin → sentence; `links`: linked pin → whether a static one does."""
        return {}

    def run(self, *arguments: Any, **named: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no run method")


def is_abstract(block: type) -> bool:
    return block.__name__.endswith("Base")


def describe(block: type[Block]) -> BlockSpec:
    """The facts of `block`. Building them is expensive: the registry does it once."""
    inputs, outputs = schema_of(block.Input), schema_of(block.Output)
    definition.check_defaults(block, inputs)
    is_async = inspect.isasyncgenfunction(block.run)
    return BlockSpec(
        id=block.id,
        name=block.__name__,
        description=inspect.cleandoc(block.__doc__ or "").partition("\n")[0],
        categories=tuple(block.categories),
        block_type=block.block_type,
        static_output=block.static_output,
        disabled=block.disabled,
        sensitive_action=block.sensitive_action,
        webhook_provider=block.webhook_provider,
        late_pins=block.late_pins,
        workload=block.workload or (Workload.IO if is_async else Workload.CPU),
        effect=block.effect,
        costs=tuple(block.costs),
        input_schema=inputs,
        output_schema=outputs,
        inputs=MappingProxyType(_pins(inputs)),
        output_names=frozenset(outputs["properties"]),
        credentials=MappingProxyType(credentials_of(inputs)),
        implementation=_implementation(block, is_async=is_async),
    )


def _implementation(block: type[Block], *, is_async: bool) -> Implementation:
    model = block.Input

    def build(data: Mapping[str, Any]) -> BlockInput:
        try:
            return model.model_validate({name: value for name, value in data.items() if value is not None})
        except pydantic.ValidationError as wrong:
            raise InputError(_told(wrong)) from None

    def start(data: BlockInput, context: Context, injected: Mapping[str, Any]) -> Any:
        return block().run(data, context, **injected)

    return Implementation(build, start, _converters(model), is_async, block, block.awaits, block.miswired)


def _told(wrong: pydantic.ValidationError) -> str:
    errors = wrong.errors(include_url=False, include_input=False, include_context=False)
    return "; ".join(f"{'.'.join(str(part) for part in error['loc'])}: {error['msg']}" for error in errors[:5])


def _converters(model: type[BlockInput]) -> tuple[tuple[str, Converter], ...]:
    """Only pins that the block's own Input declares are converted, not those of a block that it inherits from."""
    own = inspect.get_annotations(model)
    found = (
        (info.alias or name, converter_for(info.annotation)) for name, info in model.model_fields.items() if name in own
    )
    return tuple((name, converter) for name, converter in found if converter is not None)


def _pins(schema: dict[str, Any]) -> dict[str, InputPin]:
    required = frozenset(schema["required"])
    return {
        name: InputPin(
            name=name,
            schema=part,
            required=name in required,
            has_default="default" in part,
            default=part.get("default"),
            secret=part.get("secret", False),
            advanced=part.get("advanced", False),
            hidden=part.get("hidden", False),
            depends_on=tuple(part.get("depends_on", ())),
        )
        for name, part in schema["properties"].items()
    }


def credentials_of(schema: Mapping[str, Any]) -> dict[str, CredentialsField]:
    """The credentials pins of an input schema."""
    return {
        name: CredentialsField(
            name=name,
            providers=tuple(part["credentials_provider"]),
            types=tuple(part["credentials_types"]),
            scopes=tuple(part.get("credentials_scopes", ())),
            discriminator=part.get("discriminator"),
            discriminator_mapping=MappingProxyType(part.get("discriminator_mapping", {})),
            required=name in schema["required"],
        )
        for name, part in schema["properties"].items()
        if "credentials_provider" in part
    }
