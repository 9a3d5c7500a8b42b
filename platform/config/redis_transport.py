"""Kombu's transport for Redis, with two answers put right: a worker that lost its broker lives on.

While a lost connection is taken apart, and when a block ends afterwards, kombu 5.7 wants to give messages back or to
acknowledge them on a channel whose connection is gone. The AttributeError that follows is no connection error: Celery
ends the worker. Here it is one, and is treated like every other.

And redis-py may have replaced a lost connection by itself when the loop comes to read from it. Kombu then waits there
for a broadcast, without a limit, and the worker takes no message any more. Here it reads only what has come, and a
connection that the loop does not know counts as lost.

Besides, kombu makes a client of redis-py for every command, at the price of the command. A channel has one here."""

from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty
from typing import Any

from kombu.transport import redis
from redis.exceptions import ConnectionError as LostConnection


class Channel(redis.Channel):
    _kept: Any = None

    @contextmanager
    def conn_or_acquire(self, client: Any = None) -> Iterator[Any]:
        if client is None and (self._kept is None or self._kept.connection_pool is not self.pool):
            with super().conn_or_acquire() as self._kept:
                pass
        yield client or self._kept

    def _connparams(self, *how: Any, **also: Any) -> Any:
        if getattr(self.connection, "client", None) is None:
            raise LostConnection("the connection of this channel was lost")
        return super()._connparams(*how, **also)  # type: ignore[misc]  # not in the stubs

    def _receive_one(self, client: Any) -> Any:
        if client.connection is not None and not client.connection.can_read(timeout=0):
            loop: Any = self.connection.cycle
            known = loop._chan_to_sock.get((self, client, "LISTEN"))
            if known is not None and known is not client.connection._sock:
                raise LostConnection("the connection for broadcasts was lost and replaced")
            raise Empty
        return super()._receive_one(client)  # type: ignore[misc]  # not in the stubs


class Transport(redis.Transport):
    Channel = Channel
