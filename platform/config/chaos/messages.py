"""What a broker can do to messages: lose them, deliver them twice, late, in another order, or while they are worked on.

The lists and the hash are those of Celery's Redis transport: a queue is a list, what is out is in `unacked`."""

import base64
import json
import random
from collections.abc import Iterable, Iterator
from typing import Any, Final
from uuid import UUID, uuid4

import redis

from config.brokers import late

QUEUES: Final = ("io", "cpu", "engine", late("io"), late("cpu"))
UNACKED: Final = "unacked"
ASIDE: Final = "petiole-chaos:aside:"
MOST: Final = 20


class Messages:
    def __init__(self, url: str) -> None:
        self.server = redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=2)

    def filled(self, chance: random.Random) -> str | None:
        """A queue with messages in it."""
        lengths = {queue: self._length(queue) for queue in QUEUES}
        return chance.choice(found) if (found := [queue for queue in QUEUES if lengths[queue]]) else None

    def double(self, queue: str, chance: random.Random) -> int:
        waiting = self._messages(queue)
        copies = chance.sample(waiting, min(len(waiting), MOST))
        for copy in copies:
            put = chance.choice((self.server.lpush, self.server.rpush))
            put(queue, _tagged_anew(copy) if chance.random() < 0.5 else copy)
        return len(copies)

    def shuffle(self, queue: str, chance: random.Random) -> int:
        """Taken aside first: nothing is taken by a worker and put back by us at the same time."""
        aside = f"{ASIDE}{uuid4()}"
        self.server.rename(queue, aside)
        waiting = self._messages(aside)
        chance.shuffle(waiting)
        self.server.rpush(queue, *waiting)
        self.server.delete(aside)
        return len(waiting)

    def take(self, queue: str, chance: random.Random) -> list[bytes]:
        found: Any = self.server.rpop(queue, chance.randint(1, MOST))
        return list(found or [])

    def put(self, queue: str, messages: Iterable[bytes], chance: random.Random) -> None:
        for message in messages:
            chance.choice((self.server.lpush, self.server.rpush))(queue, message)

    def send_again(self, chance: random.Random) -> int:
        """What workers hold now, once more: as a broker does whose patience is shorter than the work."""
        held: Any = self.server.hvals(UNACKED)
        chosen = chance.sample(held, min(len(held), MOST))
        for entry in chosen:
            message, _, queue = json.loads(entry)
            self.server.lpush(queue, _tagged_anew(json.dumps(message).encode()))
        return len(chosen)

    def empty(self) -> None:
        self.server.flushall()

    def _messages(self, queue: str) -> list[bytes]:
        found: Any = self.server.lrange(queue, 0, -1)
        return list(found)

    def _length(self, queue: str) -> int:
        length: Any = self.server.llen(queue)
        return int(length)


def executions_in(messages: Iterable[bytes]) -> Iterator[UUID]:
    """The node executions that messages ask to run; other messages are hints about whole runs."""
    for message in messages:
        read = json.loads(message)
        if read["headers"]["task"] == "executions.tasks.run_node":
            arguments, _, _ = json.loads(base64.b64decode(read["body"]))
            yield UUID(arguments[0])


def _tagged_anew(message: bytes) -> bytes:
    """A copy that is acknowledged by itself."""
    read = json.loads(message)
    read["properties"]["delivery_tag"] = str(uuid4())
    return json.dumps(read).encode()
