"""Asks a language model for JSON."""

from typing import Any

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


class AIStructuredResponseGeneratorBlock(Block):
    """Asks a language model for JSON with given keys, and says what is wrong until they are there."""

    id = "ed55ac19-356e-4243-a6cb-bc599e9b716f"
    categories = (Category.AI,)
    workload = Workload.IO
    effect = Effect.IDEMPOTENT
    cases = (Case({"prompt": "hi", "expected_format": {"a": "b"}}, raises="needs a key for openai"),)

    class Input(BlockInput):
        prompt: str = Field(description="What is asked.")
        expected_format: dict[str, str] = Field(description="The keys of the answer, and what each means.")
        list_result: bool = Field(default=False, description="Ask for a list of such objects.")
        model: ModelName = Field(DEFAULT, advanced=False, description="The language model.")
        force_json_output: bool = Field(default=False, description="The whole answer is JSON; not every model can.")
        credentials: CredentialsReference | None = model_credentials()
        sys_prompt: str = Field("", description="What the model is told beforehand.")
        conversation_history: list[dict[str, Any]] | None = Field([], description="Messages before the prompt.")
        retry: int = Field(3, description="How often it is asked until the answer is in form.")
        prompt_values: dict[str, str] = Field(
            {}, advanced=False, description="Values for placeholders in both prompts."
        )
        max_tokens: int | None = Field(None, description="The most tokens of the answer.")
        compress_prompt_to_fit: bool = Field(default=True, description="Shorten a prompt that is too long.")
        ollama_host: str = Field("localhost:11434", description="Where Ollama runs, for its models.")

    class Output(BlockOutput):
        response: dict[str, Any] | list[dict[str, Any]] = Field(description="The object, or the list of them.")
        prompt: list[Any] = Field(description="The messages that were sent.")

    async def run(self, data: Input, context: Context, *, credentials: APIKey | None) -> AsyncEmissions:
        messages = [*(data.conversation_history or ()), *messages_of(data.prompt, data.sys_prompt, data.prompt_values)]
        talk = Talk(model(data.model), context, credentials, data.ollama_host, data.compress_prompt_to_fit)
        found = await structured.ask(
            talk,
            messages,
            data.expected_format,
            as_list=data.list_result,
            pure=data.force_json_output,
            attempts=data.retry,
            max_tokens=data.max_tokens,
        )
        yield "response", found.value
        yield "prompt", found.prompt
