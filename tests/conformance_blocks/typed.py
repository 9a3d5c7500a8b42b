"""Test blocks with one typed input each, which they hand on."""

from typing import Any

from blocks.sdk import Block, BlockInput, Context, Emissions, Field
from tests.conformance_blocks.echo import AnyOutput


class TypedBase(Block):
    Output = AnyOutput

    def run(self, data: Any, context: Context) -> Emissions:
        yield "out", data.x


class IntBlock(TypedBase):
    """Takes a whole number."""

    id = "0d91f844-fe76-4d2c-8a9e-23e634e1a63b"

    class Input(BlockInput):
        x: int = Field()


class FloatBlock(TypedBase):
    """Takes a number."""

    id = "5d1a0be8-9f07-412d-811b-76b3bd91a198"

    class Input(BlockInput):
        x: float = Field()


class StrBlock(TypedBase):
    """Takes text."""

    id = "56732036-cc92-4576-bf43-d10db8b6928c"

    class Input(BlockInput):
        x: str = Field()
        y: str = Field("dflt")


class BoolBlock(TypedBase):
    """Takes true or false."""

    id = "646ca791-d406-40f8-bd91-544029654bc9"

    class Input(BlockInput):
        x: bool = Field()


class ListBlock(TypedBase):
    """Takes a list."""

    id = "063a2fbf-da57-4698-94a8-e1937742296f"

    class Input(BlockInput):
        x: list[Any] = Field()


class ListIntBlock(TypedBase):
    """Takes a list of whole numbers."""

    id = "f184af3b-56ff-4892-8d49-eeca4d5d3cb5"

    class Input(BlockInput):
        x: list[int] = Field()


class ListStrBlock(TypedBase):
    """Takes a list of texts."""

    id = "b5ac15d1-3e59-41f1-9da6-ee4d02897d48"

    class Input(BlockInput):
        x: list[str] = Field()


class DictBlock(TypedBase):
    """Takes an object."""

    id = "026e664b-7e29-41c9-9edf-424de25d3892"

    class Input(BlockInput):
        x: dict[str, Any] = Field()


class DictIntBlock(TypedBase):
    """Takes an object of whole numbers."""

    id = "56572899-088d-4033-ba4f-c04c43a0aa3d"

    class Input(BlockInput):
        x: dict[str, int] = Field()


class MaybeIntBlock(TypedBase):
    """Takes a whole number or nothing."""

    id = "c65f7972-5857-46f8-b943-3ef97ee985d7"

    class Input(BlockInput):
        x: int | None = Field(None)


class IntOrStrBlock(TypedBase):
    """Takes a whole number or text."""

    id = "eaf43cc1-f07e-47be-9a18-dddb06702a79"

    class Input(BlockInput):
        x: int | str = Field()
