"""Asks a language model for a list."""

from blocks.llm import structured
from blocks.llm.client import Talk
from blocks.llm.models import DEFAULT, ModelName, model, model_credentials
from blocks.llm.prompts import messages_of
from blocks.sdk import (
    APIKey,
    AsyncEmissions,
    Block,
    BlockInput,
    BlockOutput,
    Case,
    Category,
    Context,
    CredentialsReference,
    Effect,
    Field,
    Workload,
)

_KEYS = {"list": "an array of texts: the elements of the list"}
_ASKED = "You make lists. Each element is a short text, and none comes twice."


class AIListGeneratorBlock(Block):
    """Asks a language model for a list of texts; emits the list and each element."""

    id = "9c0b0450-d199-458b-a731-072189dd6593"
    categories = (Category.AI, Category.TEXT)
    workload = Workload.IO
    effect = Effect.IDEMPOTENT
    cases = (Case({"focus": "colours"}, raises="needs a key for openai"),)

    class Input(BlockInput):
        focus: str | None = Field(None, advanced=False, description="What the list is about.")
        source_data: str | None = Field(None, advanced=False, description="A text in which its elements are found.")
        model: ModelName = Field(DEFAULT, description="The language model.")
        credentials: CredentialsReference | None = model_credentials()
        max_retries: int = Field(3, ge=1, le=5, description="How often it is asked until there is a list.")
        force_json_output: bool = Field(default=False, description="The whole answer is JSON; not every model can.")
        max_tokens: int | None = Field(None, description="The most tokens of the answer.")
        ollama_host: str = Field("localhost:11434", description="Where Ollama runs, for its models.")

    class Output(BlockOutput):
        generated_list: list[str] = Field(description="The list.")
        list_item: str = Field(description="Each element of it.")
        prompt: list[object] = Field(description="The messages that were sent.")

    async def run(self, data: Input, context: Context, *, credentials: APIKey | None) -> AsyncEmissions:
        found = await structured.ask(
            Talk(model(data.model), context, credentials, data.ollama_host),
            messages_of(_question(data), _ASKED),
            _KEYS,
            pure=data.force_json_output,
            attempts=data.max_retries,
            max_tokens=data.max_tokens,
        )
        elements = found.value["list"]
        if not isinstance(elements, list):
            raise ValueError("the model answered with something that is no list")
        texts = [element if isinstance(element, str) else str(element) for element in elements]
        yield "generated_list", texts
        yield "prompt", found.prompt
        for text in texts:
            yield "list_item", text


def _question(data: AIListGeneratorBlock.Input) -> str:
    if data.source_data:
        about = f" that fit this: {data.focus}" if data.focus else ""
        return f"List the elements of this text{about}.\n\n{data.source_data}"
    return f"Make a list about this: {data.focus}" if data.focus else "Make a list of anything you like."
