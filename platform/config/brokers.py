"""How long a broker may keep its callers waiting, for Redis and for RabbitMQ: what differs is here and nowhere else."""

from typing import Any, Final
from urllib.parse import urlsplit

# Longer than a healthy server ever takes, shorter than people wait for an answer. What times out is sent by the sweep.
PATIENCE: Final = 3.0


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
    }


def repeats(url: str) -> bool:
    """Whether a message that cannot be sent is sent a second time, at once. A pooled connection to RabbitMQ that has
    died says so only when it is used; redis-py looks before, and a second try would only double the wait."""
    return urlsplit(url).scheme.startswith("amqp")
