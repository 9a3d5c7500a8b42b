"""Test blocks that fail."""

from typing import Any

from blocks.sdk import Block, BlockInput, BlockOutput, Context, Emissions, Field
from tests.conformance_blocks.echo import AnyInput, AnyOutput


class ErrBlock(Block):
    """Emits something, then an error."""

    id = "71df005a-f463-4180-8844-80cd75385d92"
    Input = AnyInput
    Output = AnyOutput

    def run(self, data: AnyInput, context: Context) -> Emissions:
        yield "out", "before"
        yield "error", "boom"


class ValBlock(Block):
    """Emits something, then raises ValueError."""

    id = "754555d9-555a-4cd4-b622-9124613ebf7f"
    Input = AnyInput
    Output = AnyOutput

    def run(self, data: AnyInput, context: Context) -> Emissions:
        yield "out", "before"
        raise ValueError("bad value")


class RtBlock(Block):
    """Emits something, then raises RuntimeError."""

    id = "74e25697-e8ba-49ec-a573-b683135964b9"
    Input = AnyInput
    Output = AnyOutput

    def run(self, data: AnyInput, context: Context) -> Emissions:
        yield "out", "before"
        raise RuntimeError("kaput")


class EmptyValBlock(Block):
    """Emits something, then raises ValueError without a text."""

    id = "6faa330b-ffc8-4de4-86f9-08ad32eca4e3"
    Input = AnyInput
    Output = AnyOutput

    def run(self, data: AnyInput, context: Context) -> Emissions:
        yield "out", "before"
        raise ValueError("")


class EmptyRtBlock(Block):
    """Raises RuntimeError without a text before it emits anything."""

    id = "2c46f8db-404e-4ce8-bd97-2d0ffc79d39e"
    Input = AnyInput
    Output = AnyOutput

    def run(self, data: AnyInput, context: Context) -> Emissions:
        yield from ()
        raise RuntimeError("")


class ErrNullBlock(Block):
    """Emits null as its error."""

    id = "c267512e-2cca-4a7c-8044-b99051e7a975"
    Input = AnyInput
    Output = AnyOutput

    def run(self, data: AnyInput, context: Context) -> Emissions:
        yield "error", None


class FailIfBlock(Block):
    """Fails for one value and hands on every other."""

    id = "82621d14-754f-4877-b1a7-bb3c3a60b249"
    Output = AnyOutput

    class Input(BlockInput):
        x: Any = Field()
        bad: Any = Field(None)

    def run(self, data: Input, context: Context) -> Emissions:
        if data.x == data.bad:
            raise ValueError("refused")
        yield "out", data.x


class BadTypeBlock(Block):
    """Emits text on a pin for whole numbers."""

    id = "5fcec1d2-5c9a-4274-a39b-e8d4f06f1ec8"
    Input = AnyInput

    class Output(BlockOutput):
        num: int = Field()

    def run(self, data: AnyInput, context: Context) -> Emissions:
        yield "num", "notanumber"


class BadPinBlock(Block):
    """Emits an output that it does not declare."""

    id = "ef0ffbf5-3d93-4e07-a3fa-e526aff50e38"
    Input = AnyInput
    Output = AnyOutput

    def run(self, data: AnyInput, context: Context) -> Emissions:
        yield "nope", 1
