"""Asks a language model for text."""

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


class AITextGeneratorBlock(Block):
    """Asks a language model for text."""

    id = "1f292d4a-41a4-4977-9684-7c8d560b9f91"
    categories = (Category.AI,)
    workload = Workload.IO
    effect = Effect.IDEMPOTENT
    cases = (Case({"prompt": "hi"}, raises="needs a key for openai"),)

    class Input(BlockInput):
        prompt: str = Field(description="What is asked.")
        model: ModelName = Field(DEFAULT, advanced=False, description="The language model.")
        credentials: CredentialsReference | None = model_credentials()
        sys_prompt: str = Field("", description="What the model is told beforehand.")
        retry: int = Field(3, description="How often it is asked when there is no answer.")
        prompt_values: dict[str, str] = Field(
            {},
            advanced=False,
            description="Values for {{ placeholders }} in both prompts.",
        )
        ollama_host: str = Field("localhost:11434", description="Where Ollama runs, for its models.")
        max_tokens: int | None = Field(None, description="The most tokens of the answer.")

    class Output(BlockOutput):
        response: str = Field(description="The answer.")
        prompt: list[dict[str, object]] = Field(description="The messages that were sent.")

    async def run(self, data: Input, context: Context, *, credentials: APIKey | None) -> AsyncEmissions:
        messages = messages_of(data.prompt, data.sys_prompt, data.prompt_values)
        talk = Talk(model(data.model), context, credentials, data.ollama_host)
        reply = await talk.ask(messages, attempts=data.retry, max_tokens=data.max_tokens)
        yield "response", reply.text
        yield "prompt", reply.prompt
