"""Blocks of these tests: one of every type that a graph treats specially, and one with every kind of field rule."""

from collections.abc import Iterator
from typing import Any, ClassVar

from blocks.sdk import (
    BareOutput,
    Block,
    BlockInput,
    BlockOutput,
    BlockSpec,
    BlockType,
    Credentials,
    CredentialsReference,
    Field,
    describe,
)


class Anything(BareOutput):
    output: Any = Field(None)


class OneOutput(BlockOutput):
    out: Any = Field(None)


class SampleBase(Block):
    class Input(BlockInput):
        x: Any = Field()

    Output: ClassVar[type[BareOutput]] = OneOutput

    def run(self, data: Any, context: Any, **credentials: Any) -> Iterator[tuple[str, Any]]:
        yield "out", data


class EchoBlock(SampleBase):
    """One required pin of any type."""

    id = "00000000-0000-4000-8000-00000000ec40"


class TypedBlock(SampleBase):
    """Pins that convert."""

    id = "00000000-0000-4000-8000-000000000001"

    class Input(BlockInput):
        number: int = Field()
        items: list[int] = Field([])
        values: dict[str, Any] = Field({})
        note: str | None = Field(None)


class StoreBlock(SampleBase):
    """Its output is static."""

    id = "00000000-0000-4000-8000-000000000002"
    static_output = True


class DependentBlock(SampleBase):
    """A field that needs another one."""

    id = "00000000-0000-4000-8000-000000000003"

    class Input(BlockInput):
        city: str | None = Field(None)
        country: str = Field("", depends_on=["city"])
        planet: str = Field("Earth")
        moon: str = Field("", depends_on=["planet"])


class KeyedBlock(SampleBase):
    """Needs a credential of one provider."""

    id = "00000000-0000-4000-8000-000000000004"

    class Input(BlockInput):
        x: Any = Field()
        credentials: CredentialsReference | None = Credentials(providers=["github"], types=["api_key"], scopes=["repo"])


class ModelBlock(SampleBase):
    """Which provider it needs depends on the model."""

    id = "00000000-0000-4000-8000-000000000005"

    class Input(BlockInput):
        model: str = Field("small")
        credentials: CredentialsReference | None = Credentials(
            providers=["openai", "anthropic"],
            types=["api_key"],
            discriminator="model",
            discriminator_mapping={"small": "openai", "large": "anthropic"},
        )


class HostBlock(SampleBase):
    """Credentials of a host, told by the address, which has no default."""

    id = "00000000-0000-4000-8000-000000000006"

    class Input(BlockInput):
        url: str = Field()
        credentials: CredentialsReference | None = Credentials(
            providers=["http"], types=["host_scoped"], discriminator="url"
        )


class InBlock(SampleBase):
    """A graph input."""

    id = "00000000-0000-4000-8000-000000000007"
    block_type = BlockType.INPUT
    static_output = True
    Output: ClassVar[type[BareOutput]] = Anything

    class Input(BlockInput):
        name: str = Field()
        value: str | None = Field(None, description="The value", format="short-text")
        title: str | None = Field(None)
        description: str | None = Field(None)
        placeholder_values: list[Any] = Field([])
        advanced: bool = Field(default=False)
        secret: bool = Field(default=False)


class OutBlock(SampleBase):
    """A graph output."""

    id = "00000000-0000-4000-8000-000000000008"
    block_type = BlockType.OUTPUT
    static_output = True
    Output: ClassVar[type[BareOutput]] = Anything

    class Input(BlockInput):
        value: Any = Field(None, advanced=False)
        name: str = Field()
        title: str | None = Field(None)
        description: str | None = Field(None)
        advanced: bool = Field(default=False)
        secret: bool = Field(default=False)


class NoteBlock(SampleBase):
    """Never runs."""

    id = "00000000-0000-4000-8000-000000000009"
    block_type = BlockType.NOTE

    class Input(BlockInput):
        text: str = Field()


class AgentBlock(SampleBase):
    """Runs another graph."""

    id = "00000000-0000-4000-8000-00000000000a"
    block_type = BlockType.AGENT
    Output: ClassVar[type[BareOutput]] = Anything

    class Input(BlockInput):
        user_id: str = Field()
        graph_id: str = Field()
        graph_version: int = Field()
        inputs: dict[str, Any] = Field()
        input_schema: dict[str, Any] = Field()
        output_schema: dict[str, Any] = Field()


class ToolsBlock(SampleBase):
    """Calls tools."""

    id = "00000000-0000-4000-8000-00000000000b"
    block_type = BlockType.AI

    class Output(BlockOutput):
        tools: Any = Field(None)


class ReviewBlock(SampleBase):
    """Asks a person."""

    id = "00000000-0000-4000-8000-00000000000c"
    block_type = BlockType.HUMAN_IN_THE_LOOP
    sensitive_action = True


class HookBlock(SampleBase):
    """Starts a run from outside."""

    id = "00000000-0000-4000-8000-00000000000d"
    block_type = BlockType.WEBHOOK

    class Input(BlockInput):
        payload: dict[str, Any] = Field({})
        credentials: CredentialsReference | None = Credentials(providers=["github"], types=["api_key"])


class OffBlock(SampleBase):
    """Cannot be used."""

    id = "00000000-0000-4000-8000-00000000000e"
    disabled = "Off is switched off here."


class SecretBlock(SampleBase):
    """Holds a secret in an ordinary field."""

    id = "00000000-0000-4000-8000-00000000000f"

    class Input(BlockInput):
        phrase: str = Field("", secret=True)
        max_tokens: int | None = Field(None)


ALL: dict[str, BlockSpec] = {block.id: describe(block) for block in SampleBase.__subclasses__()}


def spec_of(block_id: str) -> BlockSpec | None:
    return ALL.get(block_id)
