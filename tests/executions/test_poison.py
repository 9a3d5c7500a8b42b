"""Messages that nobody can do anything with: each is counted, logged, taken off its queue, and the work goes on."""

from typing import Any
from uuid import uuid4

import pytest
import redis
from celery import current_app
from django.conf import settings

from config.chaos.messages import QUEUES
from executions import poison
from executions.states import Status
from executions.tasks import ARGUMENTS
from tests.executions.runs import end_of, values
from tests.graphs_for_tests import Build
from tests.metrics.pages import Page, scraped
from tests.metrics.test_worker_pages import POOLS, worker
from tests.stack import eventually

NODE, RUN = "executions.tasks.run_node", "executions.tasks.conclude"
ID = str(uuid4())


def task(name: str, *arguments: Any, **named: Any) -> dict[str, Any]:
    """A message of Celery's own form."""
    return {"body": [list(arguments), named, {}], "headers": {"task": name, "id": str(uuid4()), "lang": "py"}}


def poisonous() -> list[tuple[str, dict[str, Any]]]:
    encoded: dict[str, Any] = {"content_type": "application/json", "content_encoding": "utf-8"}
    headers = task(NODE)["headers"]
    return [
        ("undecodable", {"body": "{not json", "headers": headers} | encoded),
        ("undecodable", {"body": b"\x80\x04N.", "headers": headers, "content_type": "application/x-python-serialize"}),
        ("undecodable", {"body": b"\xff\xfe", "headers": headers} | encoded),
        ("undecodable", {"body": b"x", "headers": headers, "content_type": "text/from-mars", "content_encoding": "?"}),
        ("format", {"body": {"hello": "world"}}),
        ("format", {"body": [[], {}, {}]}),
        ("format", {"body": 7, "headers": headers}),
        ("format", {"body": None, "headers": headers}),
        ("format", {"body": [1, 2], "headers": headers}),
        ("format", {"body": {"args": [], "kwargs": {}}, "headers": headers}),
        ("format", {"body": [[], {}, {}], "headers": {"task": 5, "id": 6}}),
        ("format", task(NODE, ID, 1, ID, ID, ID) | {"headers": headers | {"eta": "soon"}}),
        ("unknown_task", task("executions.tasks.of_tomorrow", ID)),
        ("arguments", task(NODE, "garbage", 1, ID, ID, ID)),
        ("arguments", task(NODE, ID, "1", ID, ID, ID)),
        ("arguments", task(NODE, ID)),
        ("arguments", task(NODE, execution_id=ID)),
        ("arguments", task(RUN, None)),
        ("unknown_id", task(NODE, ID, 1, ID, ID, ID)),
        *(("unknown_id", task(f"executions.tasks.{name}", ID)) for name in ("admit", "conclude", "advance", "wake")),
    ]


def publish(queue: str, message: dict[str, Any]) -> None:
    with current_app.connection_for_write() as connection, connection.Producer(serializer="json") as producer:
        producer.publish(routing_key=queue, exchange="", **message)


def thrown_away(page: Page) -> dict[str, float]:
    counted = {key[1]: value for key, value in page.samples.items() if key[0] == "petiole_poison_messages_total"}
    return {reason: number for reason, number in counted.items() if number}


@pytest.mark.worker
@pytest.mark.usefixtures("workers")
@pytest.mark.parametrize("pool", POOLS)
def test_poison_is_counted_and_thrown_away_and_the_worker_goes_on(build: Build, pool: str) -> None:
    expected: dict[str, float] = {}
    built = build({"a": ("Echo", {"x": 1}), "b": "Echo"}, "a.out -> b.x")
    before = unacknowledged()
    with worker(pool) as (process, port):
        for number, (reason, message) in enumerate(poisonous()):
            publish(("io", "cpu", "engine")[number % 3], message)
            expected[reason] = expected.get(reason, 0) + 1
        eventually(lambda: sum(thrown_away(scraped(port)).values()) == sum(expected.values()))
        run = end_of(built.start())
        assert thrown_away(scraped(port)) == expected
        assert process.poll() is None
        eventually(lambda: unacknowledged() <= before and not waiting())
    assert (run.status, values(built, run, "b")) == (Status.COMPLETED, [1])


@pytest.mark.worker
@pytest.mark.usefixtures("workers")
@pytest.mark.skipif(not settings.CELERY_BROKER_URL.startswith("redis"), reason="only Redis takes anything into a queue")
def test_what_is_no_message_at_all_does_not_end_the_worker(build: Build) -> None:
    with worker("prefork") as (process, port):
        for number, garbage in enumerate(("garbage", "{}"), 1):
            redis.Redis.from_url(settings.REDIS_URL).lpush("cpu", garbage)
            eventually(lambda: thrown_away(scraped(port)) == {"undecodable": number})  # noqa: B023  called at once
        assert end_of(build({"a": ("Echo", {"x": 1})}).start()).status == Status.COMPLETED
        assert process.poll() is None


def unacknowledged() -> set[bytes]:
    """Workers that other tests have killed may have left some."""
    client: Any = redis.Redis.from_url(settings.REDIS_URL)
    return set(client.hkeys("unacked"))


def waiting() -> int:
    client: Any = redis.Redis.from_url(settings.REDIS_URL)
    return sum(client.llen(queue) for queue in QUEUES)


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (b"\xff\n{}", r"'\\xff\n{}'"),
        ("x" * 300, "'" + "x" * 200 + "' and 100 characters more"),
        ({"a": 1}, "\"{'a': 1}\""),
    ],
)
def test_a_line_of_the_log_shows_the_beginning_of_the_message(message: object, shown: str) -> None:
    assert poison.excerpt(message) == shown


def test_what_each_task_needs_is_known() -> None:
    assert {name for name in current_app.tasks if name.startswith("executions.")} == set(ARGUMENTS)
