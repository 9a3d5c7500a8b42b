"""A value that a run gives back."""

from typing import Any

from blocks.sdk import BareOutput, Block, BlockInput, BlockType, Case, Category, Context, Emissions, Field
from blocks.sdk.errors import text_of
from blocks.sdk.templates import BadTemplate, render


class AgentOutputBlock(Block):
    """Gives a value out of the graph, as it is or put into a template."""

    id = "363ae599-353e-4804-937e-b2ee3cef3da4"
    categories = (Category.BASIC, Category.OUTPUT)
    block_type = BlockType.OUTPUT
    static_output = True
    cases = (
        Case({"name": "o", "value": "w"}, [("output", "w"), ("name", "o")]),
        Case({"name": "o"}, [("output", None), ("name", "o")]),
        Case({"name": "o", "value": "w", "format": "Hi {{o}}!"}, [("output", "Hi w!")]),
        Case({"name": "o", "value": "<w>", "format": "{{o}}", "escape_html": True}, [("output", "&lt;w&gt;")]),
        Case(
            {"name": "o", "value": "w", "format": "{% bad"},
            [("output", "Error: Encountered unknown tag 'bad'., w")],
        ),
    )

    class Input(BlockInput):
        value: Any = Field(None, advanced=False, description="The value.")
        name: str = Field(description="The name under which the run gives the value back.")
        title: str | None = Field(None, description="What is shown instead of the name.")
        description: str | None = Field(None, description="What is said about the value.")
        format: str = Field("", description="A Jinja template; the value has the name of the output in it.")
        escape_html: bool = Field(default=False, description="Escape values in the template for HTML.")
        advanced: bool = Field(default=False, description="Show it among the advanced outputs.")
        secret: bool = Field(default=False, description="Hide the value wherever it is shown.")

    class Output(BareOutput):
        output: Any = Field(description="The value, or the rendered template.")
        name: Any = Field(description="The name of the output; only without a template.")

    def run(self, data: Input, context: Context) -> Emissions:
        if not data.format:
            yield "output", data.value
            yield "name", data.name
            return
        try:
            yield "output", render(data.format, {data.name: data.value}, escape_html=data.escape_html)
        except BadTemplate as wrong:
            # a broken template shows in the output of the run, it does not take the value away
            yield "output", f"Error: {wrong}, {text_of(data.value)}"
