"""One call of a language model: the openai client over guarded connections, with retries and counts."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from blocks.llm.models import Model
from blocks.llm.prompts import Message, fitting, size
from blocks.sdk import APIKey, Context
from blocks.services import key_of

if TYPE_CHECKING:
    from openai import AsyncOpenAI

SECONDS = 600
MOST_BYTES = 16 * 1024 * 1024


class CallFailed(ValueError):
    """The provider gave no answer. `attempts`: how often it was asked."""

    def __init__(self, sentence: str, attempts: int = 1) -> None:
        super().__init__(sentence)
        self.attempts = attempts

    @property
    def too_long(self) -> bool:
        """Whether prompt and answer together are more than the model takes."""
        text = str(self).lower()
        return ("context" in text and "length" in text) or "maximum context" in text or "too many tokens" in text


@dataclass(frozen=True, slots=True)
class ToolCall:
    id: str
    name: str
    arguments: str

    def as_message_part(self) -> dict[str, Any]:
        return {"id": self.id, "type": "function", "function": {"name": self.name, "arguments": self.arguments}}


@dataclass(frozen=True, slots=True)
class Reply:
    """`prompt`: the messages that were sent; `attempts`: how often, until there was an answer."""

    text: str
    prompt: list[Message]
    calls: tuple[ToolCall, ...] = ()
    attempts: int = 1

    def as_message(self) -> Message:
        message: Message = {"role": "assistant", "content": self.text}
        if self.calls:
            message["tool_calls"] = [call.as_message_part() for call in self.calls]
        return message


@dataclass(frozen=True, slots=True)
class Talk:
    """To whom a block talks: the same for all calls of one node execution."""

    model: Model
    context: Context
    credentials: APIKey | None
    ollama_host: str = "localhost:11434"
    compress: bool = True

    async def ask(
        self,
        messages: Sequence[Message],
        *,
        attempts: int = 3,
        max_tokens: int | None = None,
        as_json: bool = False,
        tools: Sequence[dict[str, Any]] = (),
        parallel: bool = False,
    ) -> Reply:
        """The answer; CallFailed when `attempts` calls brought none. Answers 429 and 5xx are waited out."""
        prompt = fitting(messages, self.model.context // 2) if self.compress else [dict(part) for part in messages]
        body: dict[str, Any] = {
            "model": self.model.name,
            "messages": prompt,
            "response_format": {"type": "json_object"} if as_json else None,
            self._limit_name(): self._room(prompt, max_tokens),
        }
        if tools:
            body |= {"tools": list(tools), "parallel_tool_calls": parallel}
        tried = _Tried()
        async with self._client(attempts, tried) as client:
            return await _call(client, body, prompt, self.context, tried)

    def _limit_name(self) -> str:
        return "max_completion_tokens" if self.model.provider == "openai" else "max_tokens"

    def _room(self, prompt: list[Message], wanted: int | None) -> int:
        left = self.model.context - size(prompt)
        return max(1, min(left, self.model.most_output, wanted or left))

    @asynccontextmanager
    async def _client(self, attempts: int, tried: "_Tried") -> "AsyncIterator[AsyncOpenAI]":
        from openai import AsyncOpenAI

        import outbound

        key = self.credentials.api_key if self.credentials else key_of(self.model.provider)
        if key is None and self.model.provider != "ollama":
            raise ValueError(f"{self.model.name} needs a key for {self.model.provider}: give the node a credential")
        policy = outbound.Policy(max_bytes=MOST_BYTES, timeout=SECONDS)
        async with outbound.async_client(policy) as http:
            http.event_hooks = {"request": [tried.count]}
            yield AsyncOpenAI(
                api_key=key.get_secret_value() if key else "ollama",
                base_url=self.model.address(self.ollama_host),
                max_retries=max(attempts, 1) - 1,
                timeout=SECONDS,
                http_client=http,
            )


@dataclass
class _Tried:
    requests: int = 0
    usage: dict[str, int] = field(default_factory=dict)

    async def count(self, _request: object) -> None:
        self.requests += 1


async def _call(
    client: "AsyncOpenAI", body: dict[str, Any], prompt: list[Message], context: Context, tried: _Tried
) -> Reply:
    import openai
    from openai.types.chat import ChatCompletion

    try:
        answer = await client.chat.completions.create(**body)
        if not isinstance(answer, ChatCompletion) or not answer.choices:
            raise ValueError("the answer is no chat completion")
        if answer.usage is not None:
            tried.usage = {
                "input_token_count": answer.usage.prompt_tokens,
                "output_token_count": answer.usage.completion_tokens,
            }
    except (openai.OpenAIError, ValueError) as wrong:
        raise CallFailed(_told(wrong, body["model"]), max(tried.requests, 1)) from None
    finally:
        made = max(tried.requests, 1)
        context.report({"llm_call_count": made, "llm_retry_count": made - 1} | tried.usage)
    message = answer.choices[0].message
    calls = tuple(
        ToolCall(call.id, call.function.name, call.function.arguments)
        for call in message.tool_calls or ()
        if call.type == "function"
    )
    return Reply(message.content or message.refusal or "", prompt, calls, made)


def _told(wrong: Exception, model: str) -> str:
    """What happened; a refusal of our own is found below the error that the client made of it."""
    import outbound

    cause = wrong.__cause__
    if isinstance(cause, outbound.Blocked | outbound.TooLarge):
        return str(cause)
    status = getattr(wrong, "status_code", None)
    answered = f" (status {status})" if status else ""
    return f"{model} gave no answer{answered}: {str(cause) if cause and not status else str(wrong)}"[:2000]
