"""Fills values into a text."""

from typing import Any

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field
from blocks.sdk.templates import render


class FillTextTemplateBlock(Block):
    """Fills values into a Jinja template; links bring them on pins such as values_#_name."""

    id = "db7d8f02-2f44-4c55-ab7a-eae0941f0c30"
    categories = (Category.TEXT,)
    cases = (
        Case({"format": "{{a}}-{{b}}", "values": {"a": 1}}, [("output", "1-")]),
        Case({"format": "{{ 3.14159|format('%.2f') }}", "values": {}}, [("output", "3.14")]),
        Case({"format": "{a}", "values": {}}, [("output", "{a}")]),
        Case({"format": "{{ a }}", "values": {"a": "<"}, "escape_html": True}, [("output", "&lt;")]),
        Case({"format": "{{ a.__class__ }}", "values": {"a": 1}}, [("output", "")]),
        Case({"format": "{{ range(3)|list }}", "values": {}}, raises="'range' is undefined"),
    )

    class Input(BlockInput):
        values: dict[str, Any] = Field(description="The values, by name.")
        format: str = Field(description="The template, such as: Hello {{ name }}!")
        escape_html: bool = Field(default=False, description="Escape the values for HTML.")

    class Output(BlockOutput):
        output: str = Field(description="The text.")

    def run(self, data: Input, context: Context) -> Emissions:
        yield "output", render(data.format, data.values, escape_html=data.escape_html)
