"""Goes on with a conversation."""

from typing import Any

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


class AIConversationBlock(Block):
    """Sends the messages of a conversation, and perhaps a prompt, to a language model."""

    id = "32a87eab-381e-4dd4-bdb8-4c47151be35a"
    categories = (Category.AI,)
    workload = Workload.IO
    effect = Effect.IDEMPOTENT
    cases = (
        Case({"messages": ["hi"]}, raises="message 1 is no object with a role"),
        Case({"messages": []}, raises="needs a key for openai"),
    )

    class Input(BlockInput):
        prompt: str = Field("", advanced=False, description="The next thing that the user says.")
        messages: list[Any] = Field(description="What was said: objects with role and content.")
        model: ModelName = Field(DEFAULT, description="The language model.")
        credentials: CredentialsReference | None = model_credentials()
        max_tokens: int | None = Field(None, description="The most tokens of the answer.")
        ollama_host: str = Field("localhost:11434", description="Where Ollama runs, for its models.")

    class Output(BlockOutput):
        response: str = Field(description="The answer.")
        prompt: list[Any] = Field(description="The messages that were sent.")

    async def run(self, data: Input, context: Context, *, credentials: APIKey | None) -> AsyncEmissions:
        for number, message in enumerate(data.messages, 1):
            if not isinstance(message, dict) or not isinstance(message.get("role"), str):
                raise ValueError(f"message {number} is no object with a role")
        talk = Talk(model(data.model), context, credentials, data.ollama_host)
        reply = await talk.ask([*data.messages, *messages_of(data.prompt)], max_tokens=data.max_tokens)
        yield "response", reply.text
        yield "prompt", reply.prompt
