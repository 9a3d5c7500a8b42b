"""A server that speaks the protocol of language models, and says what a test has written for it."""

import json
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import outbound
from blocks import services
from tests.outbound.servers import Answer, Asked, serving

# what is said: a text, the arguments of calls, a whole answer, or a function of the request
Line: TypeAlias = "str | Answer | list[tuple[str, Any]] | Callable[[dict[str, Any]], str]"
JSON = {"content-type": "application/json"}


def failing(status: int, sentence: str = "not now") -> Answer:
    body = json.dumps({"error": {"message": sentence, "type": "x"}}).encode()
    return Answer(status, JSON | {"retry-after-ms": "1"}, body)


def marked(value: Any) -> Callable[[dict[str, Any]], str]:
    """The value in the tag that the request asks for, with words around it."""

    def say(request: dict[str, Any]) -> str:
        told = " ".join(str(message["content"]) for message in request["messages"])
        mark = re.findall(r'json_output id="([0-9a-f]{16})"', told)[-1]
        return f'Here it is: <json_output id="{mark}">{json.dumps(value)}</json_output> Anything else?'

    return say


@dataclass
class ModelServer:
    url: str
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def speaking(*lines: Line) -> Iterator[ModelServer]:
    """The lines one after the other, the last one again and again. Every provider's models are served here."""
    left, lock = list(lines), threading.Lock()
    server = ModelServer("")

    def answer(asked: Asked) -> Answer:
        assert (asked.method, asked.path) == ("POST", "/v1/chat/completions")
        request = json.loads(asked.body)
        with lock:
            server.requests.append(request)
            server.headers.append(asked.headers)
            line = left.pop(0) if len(left) > 1 else left[0]
        return _spoken(line(request) if callable(line) else line, request)

    with serving(answer) as running, outbound.allowing(f"127.0.0.1:{running.port}"):
        server.url = f"{running.url}/v1"
        before = services._addresses, services._keys
        services.configure({"*": server.url}, {"*": "key-of-the-house"})
        try:
            yield server
        finally:
            services._addresses, services._keys = before


def _spoken(line: Any, request: dict[str, Any]) -> Answer:
    if isinstance(line, Answer):
        return line
    message: dict[str, Any] = {"role": "assistant", "content": line if isinstance(line, str) else None}
    if isinstance(line, list):
        message["tool_calls"] = list(_calls(line))
    answer = {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": request["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18},
    }
    return Answer(200, JSON, json.dumps(answer).encode())


def _calls(calls: Sequence[tuple[str, Any]]) -> Iterator[dict[str, Any]]:
    for number, (name, arguments) in enumerate(calls):
        text = arguments if isinstance(arguments, str) else json.dumps(arguments)
        yield {"id": f"call{number}", "type": "function", "function": {"name": name, "arguments": text}}
