"""A worker outlives the loss of its broker, also while it holds messages that nobody has acknowledged."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from celery import current_app
from kombu import Consumer, Exchange, Queue


def test_a_channel_without_its_connection_fails_as_lost_connections_do(broker: None) -> None:
    """Celery looks for errors of connections, and ends the worker because of any other."""
    connection: Any = current_app.connection_for_write()
    channel, errors = connection.channel(), connection.connection_errors
    channel.connection.client = None  # what kombu does first of all when it takes a lost connection apart
    channel.close()
    with pytest.raises(errors), channel.conn_or_acquire() as client:
        client.ping()


@pytest.fixture
def listening(broker: None) -> Iterator[Any]:
    """A channel that hears broadcasts, and has read everything that came."""
    with current_app.connection_for_write() as connection:
        channel: Any = connection.channel()
        news = Queue("news", Exchange("news", type="fanout"), auto_delete=True)
        with Consumer(channel, [news], callbacks=[lambda body, message: None]):
            client = channel.subclient
            client.connection = client.connection_pool.get_connection()  # as the loop of a worker does
            channel.connection.cycle._register(channel, client, "LISTEN")
            channel._subscribe()
            while client.connection.can_read(timeout=1):
                channel._receive()
            yield channel
            connection.Producer().publish("end", exchange="news", declare=[news])  # wakes up who waits


def test_a_channel_does_not_wait_for_broadcasts_that_nobody_sends(listening: Any) -> None:
    with ThreadPoolExecutor(1) as aside:
        assert not aside.submit(listening._receive).result(timeout=5)


def test_a_connection_that_was_replaced_counts_as_lost(listening: Any) -> None:
    """Nobody tells the loop of the new one: a worker would be deaf to stops."""
    listening.subclient.connection.disconnect()
    listening.subclient.connection.connect()
    while listening.subclient.connection.can_read(timeout=1):
        listening.subclient.parse_response()
    with ThreadPoolExecutor(1) as aside, pytest.raises(listening.connection.connection_errors, match="replaced"):
        aside.submit(listening._receive).result(timeout=5)
