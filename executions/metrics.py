"""What the engine counts (docs/metrics.md). Labels come from short fixed lists, block names aside: never an id.

Counting is cheap and needs nobody: where the numbers are kept and who shows them is said by config.metrics. Prometheus'
client is imported when the first number is counted, because commands that count nothing should not wait for it."""

import os
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal

from django.db import transaction

TIMES: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)
WAITS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 300, 1800, 7200)


@dataclass(frozen=True, eq=False)
class Measure:
    """One metric with one label. `known`: the label's values, shown from the start; empty when they are not known.

    A histogram has `buckets`; a gauge says how the values of several processes are joined: livesum or livemax."""

    name: str
    meaning: str
    label: str
    known: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    joined: Literal["", "livesum", "livemax"] = ""


FINAL: Final = ("COMPLETED", "FAILED", "TERMINATED")
WORKLOADS: Final = ("io", "cpu")
RUNS: Final = Measure("petiole_runs_ended", "Runs that have ended", "status", FINAL)
NODES: Final = Measure("petiole_node_executions_ended", "Node executions that have ended", "status", FINAL)
NODE_SECONDS: Final = Measure(
    "petiole_node_seconds", "Time in the block's code, all attempts of an execution", "block", buckets=TIMES
)
QUEUE_SECONDS: Final = Measure(
    "petiole_queue_wait_seconds", "Time from being queued to being claimed", "workload", WORKLOADS, buckets=WAITS
)
REFUSED: Final = Measure(
    "petiole_claims_refused",
    "Messages whose node execution was not theirs to run",
    "reason",
    ("held", "final", "stale", "later", "unpaid"),
)
RETRIES: Final = Measure(
    "petiole_node_retries", "Further attempts after a failure", "reason", ("block_failed", "engine_error")
)
SWEPT: Final = Measure("petiole_sweep_work", "What the sweep has moved", "kind")
REPUBLISHED: Final = Measure(
    "petiole_republished", "Node executions whose message was sent by the sweep", "reason", ("never_sent", "lost")
)
TAKEBACKS: Final = Measure(
    "petiole_takebacks",
    "Node executions taken from attempts that could not go on",
    "reason",
    ("process_killed", "task_ended", "worker_gone", "told_to_end"),
)
RECOVERY_SECONDS: Final = Measure(
    "petiole_recovery_seconds",
    "Time from the loss of an attempt to the claim of the next one",
    "reason",
    TAKEBACKS.known,
    buckets=WAITS,
)
STOPS: Final = Measure("petiole_stops", "Runs marked to be stopped", "cause", ("asked", "failed"))
POISON: Final = Measure(
    "petiole_poison_messages",
    "Messages that nobody can do anything with",
    "reason",
    ("undecodable", "format", "unknown_task", "arguments", "unknown_id"),
)
CHARGED: Final = ("run", "second", "byte", "tier")
CHARGES: Final = Measure("petiole_charges", "Charges booked", "kind", CHARGED)
CREDITS: Final = Measure("petiole_charged_credits", "Credits taken by charges", "kind", CHARGED)
NOTIFICATIONS: Final = Measure(
    "petiole_notifications", "Attempts at messages to users", "outcome", ("sent", "failed", "given_up", "dropped")
)
SLOTS: Final = Measure("petiole_pool_slots", "Tasks that a worker can run side by side", "pool", joined="livesum")
BUSY: Final = Measure("petiole_busy_slots", "Tasks that run now", "pool", joined="livesum")
DRAINING: Final = Measure(
    "petiole_draining", "1 while a worker was told to end and takes nothing new", "pool", joined="livemax"
)
MEASURES: Final = (
    RUNS, NODES, NODE_SECONDS, QUEUE_SECONDS, REFUSED, RETRIES, SWEPT, REPUBLISHED, TAKEBACKS, RECOVERY_SECONDS,
    STOPS, POISON, CHARGES, CREDITS, NOTIFICATIONS, SLOTS, BUSY, DRAINING,
)  # fmt: skip

# A process may be forked while another thread of it counts: then the child must not find the lock taken for ever.
_LOCK: Final = threading.Lock()
os.register_at_fork(before=_LOCK.acquire, after_in_parent=_LOCK.release, after_in_child=_LOCK.release)
_metrics: Final[dict[str, Any]] = {}
_series: Final[dict[tuple[Measure, str], Any]] = {}


def count(measure: Measure, label: str, number: float = 1) -> None:
    with _LOCK:
        (_series.get((measure, label)) or _new(measure, label)).inc(number)


def observe(measure: Measure, label: str, seconds: float) -> None:
    with _LOCK:
        (_series.get((measure, label)) or _new(measure, label)).observe(max(0.0, seconds))


def put(measure: Measure, label: str, value: float) -> None:
    with _LOCK:
        (_series.get((measure, label)) or _new(measure, label)).set(value)


def after_commit(measure: Measure, label: str, number: float = 1) -> None:
    """Count when the transaction that is open has been committed; at once when none is."""
    if number:
        transaction.on_commit(partial(count, measure, label, number), robust=True)


def begin(keep: Callable[[], None]) -> None:
    """Start anew, with numbers that are kept as `keep` arranges it, and show what is known to be zero."""
    with _LOCK:
        _series.clear()
        for metric in _metrics.values():
            metric.clear()
        keep()
        for measure, label in _expected():
            _new(measure, label)


def _expected() -> Iterable[tuple[Measure, str]]:
    return ((measure, label) for measure in MEASURES for label in measure.known)


def _new(measure: Measure, label: str) -> Any:
    metric = _metrics.get(measure.name) or _made(measure)
    found = _series[measure, label] = metric.labels(label)
    return found


def _made(measure: Measure) -> Any:
    from prometheus_client import Counter, Gauge, Histogram

    if measure.buckets:
        made: Any = Histogram(measure.name, measure.meaning, [measure.label], buckets=measure.buckets)
    elif measure.joined:
        made = Gauge(measure.name, measure.meaning, [measure.label], multiprocess_mode=measure.joined)
    else:
        made = Counter(measure.name, measure.meaning, [measure.label])
    _metrics[measure.name] = made
    return made
