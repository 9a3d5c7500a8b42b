"""One thing that a run waits for."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import TextChoices

MOST: Final = 20


class Kind(TextChoices):
    """In the order in which a person should read them: first what nobody but a person will change."""

    STOP = "stop"
    PAUSE = "pause"
    BROKER = "broker"
    NO_WORKER = "no_worker"
    SILENT_WORKER = "silent_worker"
    USER_LIMIT = "user_limit"
    GRAPH_LIMIT = "graph_limit"
    REVIEW = "review"
    MODERATION = "moderation"
    ADMISSION = "admission"
    WORKER = "worker"
    QUEUE = "queue"
    RUN = "run"
    BACKOFF = "backoff"
    LEASE = "lease"
    TIMER = "timer"
    CALLS = "calls"
    CONCLUSION = "conclusion"
    VALUES = "values"


_PLACE: Final = {kind: place for place, kind in enumerate(Kind)}


@dataclass(frozen=True)
class Reason:
    """`count` node executions wait for the same thing; the ids are those of the one that has waited longest."""

    kind: Kind
    detail: str
    since: datetime | None = None
    until: datetime | None = None
    count: int = 0
    node_exec_id: UUID | None = None
    node_id: UUID | None = None
    block: str | None = None
    queue: str | None = None
    worker: str | None = None
    run_id: UUID | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"kind": self.kind.value}


def in_order(reasons: Iterable[Reason]) -> list[Reason]:
    return sorted(reasons, key=lambda one: (_PLACE[one.kind], one.since is None, one.since and one.since.timestamp()))
