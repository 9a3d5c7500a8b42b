"""The statuses of runs and node executions, and which may follow which (decision D28)."""

from collections.abc import Mapping
from typing import Final

from django.db.models import TextChoices


class Status(TextChoices):
    INCOMPLETE = "INCOMPLETE"
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    REVIEW = "REVIEW"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    TERMINATED = "TERMINATED"


class Waits(TextChoices):
    """What a suspended node execution waits for: it is RUNNING, and nobody holds it."""

    TIMER = "timer"
    RUN = "run"
    BACKOFF = "backoff"
    LEASE = "lease"  # a credential that others use or refresh
    CALLS = "calls"  # the nodes that it has called


class Verdict(TextChoices):
    """Where a review stands; what is decided stays decided."""

    WAITING = "WAITING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"


class Step(TextChoices):
    """Where what is around a run stands: each step is passed once, in this order, or left out.

    CHECK comes before the run, MODERATE between its last node and its final status, the others after that."""

    CHECK = "check"
    NONE = ""
    MODERATE = "moderate"
    FINISH = "finish"
    SUMMARISE = "summarise"
    NOTIFY = "notify"
    DONE = "done"


class Moderation(TextChoices):
    """What of a run is hidden from its readers, and why."""

    NONE = "", "nothing"
    PENDING = "pending", "outputs: they have not been judged"
    INPUTS = "inputs", "inputs: they were rejected"
    OUTPUTS = "outputs", "outputs: they were rejected"


# At these somebody has something to do for the run that no node does.
STEPS_AROUND: Final = (Step.CHECK, Step.MODERATE, Step.SUMMARISE, Step.NOTIFY)
FINAL: Final = frozenset({Status.COMPLETED, Status.FAILED, Status.TERMINATED})
ALIVE: Final = frozenset({Status.QUEUED, Status.RUNNING, Status.REVIEW})
# What a retry makes runnable again.
RETRYABLE: Final = frozenset({Status.FAILED, Status.TERMINATED})
# A run with a node in one of these is not finished.
OUTSTANDING: Final = frozenset({Status.QUEUED, Status.RUNNING})

NODE_COMES_FROM: Final[Mapping[Status, frozenset[Status]]] = {
    Status.QUEUED: frozenset({Status.INCOMPLETE, Status.RUNNING, Status.REVIEW, Status.FAILED, Status.TERMINATED}),
    Status.RUNNING: frozenset({Status.QUEUED}),
    Status.REVIEW: frozenset({Status.RUNNING}),
    Status.COMPLETED: frozenset({Status.RUNNING}),
    Status.FAILED: frozenset({Status.INCOMPLETE, Status.QUEUED, Status.RUNNING, Status.REVIEW}),
    Status.TERMINATED: frozenset({Status.INCOMPLETE, Status.QUEUED, Status.RUNNING, Status.REVIEW}),
}
RUN_COMES_FROM: Final[Mapping[Status, frozenset[Status]]] = {
    Status.QUEUED: frozenset({Status.FAILED, Status.TERMINATED}),
    Status.RUNNING: frozenset({Status.QUEUED, Status.REVIEW}),
    Status.REVIEW: frozenset({Status.RUNNING}),
    Status.COMPLETED: frozenset({Status.RUNNING}),
    Status.FAILED: frozenset({Status.QUEUED, Status.RUNNING}),
    Status.TERMINATED: frozenset({Status.QUEUED, Status.RUNNING, Status.REVIEW}),
}
