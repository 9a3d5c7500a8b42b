"""Faults of the broker, on messages that the product has sent."""

import random
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
import redis
from celery import current_app
from django.conf import settings

from config.chaos.messages import UNACKED, Messages, executions_in

pytestmark = pytest.mark.worker
IDS = [uuid4() for _ in range(20)]


@pytest.fixture
def messages(broker: None) -> Iterator[Messages]:
    """Twenty messages wait in `cpu`, and nobody takes them; workers that were killed have left nothing behind."""
    current_app.control.purge()
    redis.Redis.from_url(settings.REDIS_URL).delete(UNACKED, f"{UNACKED}_index")
    for one in IDS:
        arguments = (str(one), 1, str(uuid4()), str(uuid4()), str(uuid4()))
        current_app.tasks["executions.tasks.run_node"].apply_async(arguments, queue="cpu", ignore_result=True)
    yield Messages(settings.REDIS_URL)
    current_app.control.purge()


def waiting() -> list[bytes]:
    found: list[bytes] = redis.Redis.from_url(settings.REDIS_URL).lrange("cpu", 0, -1)  # type: ignore[assignment]
    return found


def ids() -> list[UUID]:
    return list(executions_in(waiting()))


def test_a_queue_with_messages_is_found(messages: Messages) -> None:
    assert messages.filled(random.Random(1)) == "cpu"
    current_app.control.purge()
    assert messages.filled(random.Random(1)) is None


def test_messages_come_twice(messages: Messages) -> None:
    assert messages.double("cpu", random.Random(1)) == 20
    assert sorted(ids()) == sorted([*IDS, *IDS])


def test_messages_come_in_another_order(messages: Messages) -> None:
    before = ids()
    messages.shuffle("cpu", random.Random(1))
    assert ids() != before
    assert sorted(ids()) == sorted(IDS)


def test_messages_come_late_or_never(messages: Messages) -> None:
    taken = messages.take("cpu", random.Random(1))
    assert sorted([*ids(), *executions_in(taken)]) == sorted(IDS)
    messages.put("cpu", taken, random.Random(1))
    assert sorted(ids()) == sorted(IDS)


def test_what_a_worker_holds_is_sent_again(messages: Messages) -> None:
    with current_app.connection_for_read() as connection:
        held = connection.SimpleQueue("cpu").get(timeout=5)
        assert len(ids()) == 19
        assert messages.send_again(random.Random(1)) == 1
        assert sorted(ids()) == sorted(IDS)
        held.ack()
