"""How long a broker may keep its callers waiting, and in which order messages are taken, for Redis and for RabbitMQ:
what differs is here and nowhere else."""

from collections.abc import Iterable
from itertools import count
from typing import Any, Final
from urllib.parse import urlsplit

from kombu.utils.scheduling import round_robin_cycle

# Longer than a healthy server ever takes, shorter than people wait for an answer. What times out is sent by the sweep.
PATIENCE: Final = 3.0
LATE: Final = 9  # kombu's Redis takes 0 first, from a list of its own for each priority
_SEPARATOR: Final = "\x06\x16"  # kombu's, between the names of queue and priority
_LATE_FIRST: Final = 4  # each fourth time


def transport(url: str, *, visibility: int) -> dict[str, Any]:
    """Transport options. A connection is tried once: who publishes does not wait, and workers have a loop of their
    own that tries for ever."""
    options: dict[str, Any] = {"max_retries": 0}
    if urlsplit(url).scheme.startswith("amqp"):
        return options | {"connect_timeout": PATIENCE, "write_timeout": PATIENCE}
    return options | {
        "visibility_timeout": visibility,
        "socket_timeout": PATIENCE,
        "socket_connect_timeout": PATIENCE,
        "socket_keepalive": True,
        # A worker notices within twenty seconds that its server has gone without a word.
        "health_check_interval": 10,
        "priority_steps": [0, LATE],
        "sep": _SEPARATOR,
        "queue_order_strategy": "config.brokers:Turns",
    }


def late_priority(url: str) -> int:
    """Of messages that come after the others, which have 0. RabbitMQ counts the other way, where it counts at all."""
    return 0 if urlsplit(url).scheme.startswith("amqp") else LATE


def late(queue: str) -> str:
    """The list of the messages of a queue that are taken after the others."""
    return f"{queue}{_SEPARATOR}{LATE}"


class Turns:
    """In which order a worker looks into its queues: in turn, and each fourth time what is late comes first. Otherwise
    it would wait for ever while others have something all the time. A cycle as kombu's `queue_order_strategy` names."""

    def __init__(self) -> None:
        self._queues: round_robin_cycle[str] = round_robin_cycle()
        self._times = count(1)

    def update(self, queues: Iterable[str]) -> None:
        self._queues.update(queues)

    def rotate(self, last_used: str) -> None:
        self._queues.rotate(last_used)

    def consume(self, n: int) -> list[str]:
        queues = list(self._queues.consume(n))
        return queues if next(self._times) % _LATE_FIRST else [*map(late, queues), *queues]


def repeats(url: str) -> bool:
    """Whether a message that cannot be sent is sent a second time, at once. A pooled connection to RabbitMQ that has
    died says so only when it is used; redis-py looks before, and a second try would only double the wait."""
    return urlsplit(url).scheme.startswith("amqp")
