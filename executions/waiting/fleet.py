"""The workers as their rows tell: who is alive, and who takes which queue."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from executions.models import Worker
from executions.wording import ago

NEWEST: Final = 500


def is_live(worker: Worker, at: datetime) -> bool:
    """It has been seen lately. What a worker that is not live holds is about to be taken back."""
    return worker.gone_at is None and worker.seen_at >= at - timedelta(seconds=settings.TAKEBACK_SECONDS)


@dataclass(frozen=True)
class Fleet:
    """The workers that were seen last, newest first."""

    workers: list[Worker]
    at: datetime

    @cached_property
    def by_id(self) -> dict[UUID, Worker]:
        return {worker.pk: worker for worker in self.workers}

    def is_live(self, worker: Worker | None) -> bool:
        return worker is not None and is_live(worker, self.at)

    @property
    def empty(self) -> bool:
        return not any(map(self.is_live, self.workers))

    def taking(self, queue: str) -> list[Worker]:
        """Alive, and not told to end."""
        live = (worker for worker in self.workers if self.is_live(worker) and worker.draining_at is None)
        return [worker for worker in live if queue in worker.queues]

    def nobody_takes(self, queue: str) -> str:
        """For a queue that no worker takes: when that began, in words."""
        last = next((worker for worker in self.workers if queue in worker.queues), None)
        if last is None:
            return f"No live worker takes the queue “{queue}”, and none is known that did."
        if self.is_live(last):
            return f"No live worker takes the queue “{queue}”: the last one, {last.name}, was told to end."
        return f"No live worker takes the queue “{queue}”: the last one, {last.name}, was seen {ago(last.seen_at)} ago."

    def missing_since(self, queue: str) -> datetime | None:
        last = next((worker for worker in self.workers if queue in worker.queues), None)
        return None if last is None else last.draining_at or last.seen_at


def fleet() -> Fleet:
    return Fleet(list(Worker.objects.order_by("-seen_at")[:NEWEST]), timezone.now())
