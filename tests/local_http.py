"""A service on this machine that answers with JSON as a test decides, and may stop answering."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.outbound.servers import Answer, Asked, serving

Answers = Callable[[Asked], tuple[int, Any]]


def told(asked: Asked) -> Any:
    """The JSON of a request."""
    return json.loads(asked.body)


@dataclass
class LocalServer:
    """`answers`: a request → status and JSON. While `stalls` is set it answers nobody."""

    address: str = ""
    answers: Answers = lambda asked: (200, {})
    asked: list[Asked] = field(default_factory=list)
    stalls: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)


@contextmanager
def local_server() -> Iterator[LocalServer]:
    made = LocalServer()

    def answer(asked: Asked) -> Answer:
        if made.stalls.is_set():
            made.ended.wait(10)
        status, content = made.answers(asked)
        return Answer(status, {"content-type": "application/json"}, json.dumps(content).encode())

    with serving(answer) as server:
        made.address, made.asked = server.url, server.asked
        yield made
        made.ended.set()
