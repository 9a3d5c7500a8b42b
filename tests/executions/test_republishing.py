"""What was queued and not taken is sent again: soon when its message was lost, never so often that it is a burden."""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from executions import hints, sweeping
from executions.engine import admission
from executions.models import NodeExecution
from tests.graphs_for_tests import Build
from tests.silence import Silent


class Queues(Silent):
    """A broker in whose queues the messages of some executions wait, and those of others do not."""

    def __init__(self) -> None:
        super().__init__()
        self.answers = True
        self.waits: Callable[[NodeExecution], bool] = lambda one: False

    def unsent(self, executions: Iterable[NodeExecution]) -> list[NodeExecution] | None:
        return [one for one in executions if not self.waits(one)] if self.answers else None

    @property
    def sent(self) -> list[object]:
        return [pk for kind, pk in self.asked if kind == "node"]


@pytest.fixture
def queues(transactional_db: None) -> Iterator[Queues]:
    before = hints.send()
    made = Queues()
    hints.use(made)
    yield made
    hints.use(before)


@pytest.fixture
def queued(build: Build, queues: Queues) -> list[NodeExecution]:
    """Published ten minutes ago, in this order, and not taken."""
    run = build({key: ("Echo", {"x": 1}) for key in "abcd"}).start()
    admission.admit(run.pk)
    queues.asked.clear()
    rows = list(NodeExecution.objects.order_by("node__position"))
    for number, row in enumerate(rows):
        row.published_at = timezone.now() - timedelta(minutes=10 - number)
        row.save(update_fields=["published_at"])
    return rows


def test_many_nodes_without_a_worker_do_not_keep_others_from_being_sent_again(
    queues: Queues, queued: list[NodeExecution], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "BATCH", 3)
    queues.waits = lambda one: one.pk != queued[3].pk
    assert [sweeping.republished() for _ in range(2)] == [0, 1]
    assert queues.sent == [queued[3].pk]


def test_a_queue_that_others_fill_for_ever_does_not_hide_a_lost_message(
    queues: Queues, queued: list[NodeExecution]
) -> None:
    queues.waits = lambda one: True
    assert sweeping.republished() == 0
    NodeExecution.objects.filter(pk=queued[1].pk).update(
        queue_time=timezone.now() - timedelta(minutes=10), published_at=timezone.now() - timedelta(minutes=2)
    )
    assert sweeping.republished() == 1
    assert queues.sent == [queued[1].pk]


def test_nothing_counts_as_sent_while_the_broker_cannot_be_asked(queues: Queues, queued: list[NodeExecution]) -> None:
    NodeExecution.objects.update(published_at=None)
    queues.answers = False
    assert sweeping.republished() == 0
    queues.answers = True
    assert sweeping.republished() == 4
    assert set(queues.sent) == {one.pk for one in queued}
    assert sweeping.republished() == 0


def test_a_clock_that_is_set_back_does_not_delay_what_was_lost(queues: Queues, queued: list[NodeExecution]) -> None:
    NodeExecution.objects.update(published_at=timezone.now() + timedelta(hours=1))
    assert sweeping.republished() == 4
    assert sweeping.republished() == 0
