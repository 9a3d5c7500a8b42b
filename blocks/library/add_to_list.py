"""Puts elements into a list."""

from typing import Any

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field

# inside the input model `list` is a pin
AnyList = list[Any]


class AddToListBlock(Block):
    """Puts an element, several elements or both into a copy of a list."""

    id = "aeb08fc1-2fc1-4141-bc8e-f758f183a822"
    categories = (Category.BASIC,)
    cases = (
        Case({"list": [1], "entry": 2}, [("updated_list", [1, 2])]),
        Case({"list": [1], "entry": 0}, [("updated_list", [1])]),
        Case(
            {"list": ["a", "b"], "entries": ["y"], "entry": "z", "position": 0},
            [("updated_list", ["y", "z", "a", "b"])],
        ),
        Case({"list": ["a", "b"], "entry": "z", "position": -1}, [("updated_list", ["a", "z", "b"])]),
        Case({"list": ["a"], "entry": [1, 2]}, [("updated_list", ["a", [1, 2]])]),
        Case({"list": [1], "entry": 0, "keep_empty_entry": True}, [("updated_list", [1, 0])]),
        Case({"list": [1], "keep_empty_entry": True}, [("updated_list", [1])]),
        Case({}, [("updated_list", [])]),
    )

    class Input(BlockInput):
        list: AnyList = Field([], advanced=False, description="The list; a new one when empty.")
        entry: Any = Field(None, advanced=False, description="The element; left out when it is empty, 0 or false.")
        entries: AnyList = Field([], description="More elements; they come before the single one.")
        position: int | None = Field(None, description="Where to put them; at the end when nothing is given.")
        keep_empty_entry: bool = Field(default=False, description="Put the element in even if it is empty, 0 or false.")

    class Output(BlockOutput):
        updated_list: AnyList = Field(description="The list with the elements.")

    def run(self, data: Input, context: Context) -> Emissions:
        is_given = data.entry is not None if data.keep_empty_entry else bool(data.entry)
        added = [*data.entries, data.entry] if is_given else data.entries
        place = len(data.list) if data.position is None else data.position
        yield "updated_list", [*data.list[:place], *added, *data.list[place:]]
