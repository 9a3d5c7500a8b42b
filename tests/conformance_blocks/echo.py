"""Test blocks that hand on what they get."""

from typing import Any

from blocks.sdk import Block, BlockInput, BlockOutput, Context, Emissions, Field


class AnyInput(BlockInput):
    x: Any = Field()


class AnyOutput(BlockOutput):
    out: Any = Field()


class EchoBlock(Block):
    """Emits what it gets."""

    id = "dab9868d-cd24-4277-851d-059d1033c1c0"
    Input = AnyInput
    Output = AnyOutput

    def run(self, data: AnyInput, context: Context) -> Emissions:
        yield "out", data.x


class PairBlock(Block):
    """Emits its two inputs as a list."""

    id = "ba2e88bf-fc96-4bfb-aae2-c0f2d7edecaa"
    Output = AnyOutput

    class Input(BlockInput):
        a: Any = Field()
        b: Any = Field()

    def run(self, data: Input, context: Context) -> Emissions:
        yield "out", [data.a, data.b]


class PairOBlock(Block):
    """Emits its two inputs as a list; the second one is optional."""

    id = "e0b1ffbf-ca07-42c7-9deb-d00ac4e6fd95"
    Output = AnyOutput

    class Input(BlockInput):
        a: Any = Field()
        b: Any = Field(None)

    def run(self, data: Input, context: Context) -> Emissions:
        yield "out", [data.a, data.b]


class TriBlock(Block):
    """Emits its three inputs as a list."""

    id = "c4c42580-8aa0-4532-b266-2b643be5ec49"
    Output = AnyOutput

    class Input(BlockInput):
        a: Any = Field()
        b: Any = Field()
        c: Any = Field()

    def run(self, data: Input, context: Context) -> Emissions:
        yield "out", [data.a, data.b, data.c]


class NilBlock(Block):
    """Emits null."""

    id = "ac078351-0ef2-42e7-a2e2-d1b08804eaf5"
    Input = AnyInput
    Output = AnyOutput

    def run(self, data: AnyInput, context: Context) -> Emissions:
        yield "out", None


class QuietBlock(Block):
    """Emits nothing."""

    id = "21211c2f-a783-4f81-a86a-35029a6860ef"
    Input = AnyInput
    Output = AnyOutput

    def run(self, data: AnyInput, context: Context) -> Emissions:
        yield from ()
