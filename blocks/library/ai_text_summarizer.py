"""Summarises a text with a language model."""

from typing import Any, Literal

from blocks.llm import structured
from blocks.llm.client import Talk
from blocks.llm.models import DEFAULT, ModelName, model, model_credentials
from blocks.llm.prompts import Message, messages_of
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

MOST_LETTERS, MOST_CHUNKS, MOST_ROUNDS = 1_000_000, 100, 10


class AITextSummarizerBlock(Block):
    """Summarises a long text piece by piece, then the summaries."""

    id = "a0a69be1-4528-491c-a85a-a4ab6873e3f0"
    categories = (Category.AI, Category.TEXT)
    workload = Workload.IO
    effect = Effect.IDEMPOTENT
    cases = (
        Case({"text": "hi"}, raises="needs a key for openai"),
        Case({"text": "hi", "max_tokens": 5, "chunk_overlap": 5}, raises="chunk_overlap must be smaller"),
    )

    class Input(BlockInput):
        text: str = Field(description="The text.")
        model: ModelName = Field(DEFAULT, description="The language model.")
        focus: str = Field("general information", description="What the summary is about.")
        style: Literal["concise", "detailed", "bullet points", "numbered list"] = Field(
            "concise", description="How it is written."
        )
        credentials: CredentialsReference | None = model_credentials()
        max_tokens: int = Field(4096, ge=1, description="The most words of a piece, and tokens of an answer.")
        chunk_overlap: int = Field(100, ge=0, description="Words that neighbouring pieces share.")
        ollama_host: str = Field("localhost:11434", description="Where Ollama runs, for its models.")

    class Output(BlockOutput):
        summary: str = Field(description="The summary.")
        prompt: list[Any] = Field(description="The messages of the last question.")

    async def run(self, data: Input, context: Context, *, credentials: APIKey | None) -> AsyncEmissions:
        if data.chunk_overlap >= data.max_tokens:
            raise ValueError("chunk_overlap must be smaller than max_tokens")
        talk = Talk(model(data.model), context, credentials, data.ollama_host)
        text = data.text
        for _ in range(MOST_ROUNDS):
            parts = [(await _summary(talk, data, piece, "summary"))[0] for piece in _pieces(text, data)]
            text = "\n\n".join(parts)
            if len(text.split()) <= data.max_tokens:
                break
        summary, prompt = await _summary(talk, data, text, "final_summary")
        yield "summary", summary
        yield "prompt", prompt


def _pieces(text: str, data: AITextSummarizerBlock.Input) -> list[str]:
    words = text[:MOST_LETTERS].split()
    starts = range(0, max(len(words), 1), data.max_tokens - data.chunk_overlap)
    return [" ".join(words[start : start + data.max_tokens]) for start in starts][:MOST_CHUNKS]


async def _summary(talk: Talk, data: AITextSummarizerBlock.Input, text: str, key: str) -> tuple[str, list[Message]]:
    asked = (
        f"Summarise the following text with a focus on {data.focus}. The form of the summary: {data.style}.\n\n{text}"
    )
    found = await structured.ask(
        talk, messages_of(asked), {key: "the summary, as one text"}, max_tokens=data.max_tokens
    )
    if not isinstance(found.value[key], str):
        raise ValueError("the model answered with a summary that is no text")
    return found.value[key], found.prompt
