"""How many messages of a user may wait in a queue at once (design 3.5), so that others do not stand behind them all.
Those of a user who has more than that stand behind those of users who have not.

What does not fit stays queued and unsent, with its place in the chord. Whoever ends sends as much as it has made room
for, from the user's runs in turn; the sweep fills up what is left. A chain never asks: each of its nodes sends one
message for the one that it was."""

import random
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import zip_longest
from typing import Final, TypeAlias
from uuid import UUID

from django.conf import settings
from django.db.models import Count
from django.utils import timezone

from blocks import registry
from executions.crashpoints import crash_point
from executions.database import repeated
from executions.facts import RunFacts
from executions.models import NodeExecution, Worker
from executions.statements import mark_sent, unsent_runs
from executions.states import Status
from graphs.plans import plan_of

LOOK_SECONDS: Final = 1.0  # how often a process looks whether others have left something
SLOTS_SECONDS: Final = 5.0
MOST_TRIES: Final = 10  # to fill the places that were freed; each fails only where others have filled theirs
Lane: TypeAlias = tuple[UUID, str]  # a user and a queue


@dataclass
class _Seen:
    """What this process believes of a lane."""

    full: bool = False  # something is left unsent there
    found: float = float("-inf")  # when that was last seen
    counted: float = float("-inf")  # when it was last asked how much room there is
    looked: float = 0.0
    run: UUID | None = None  # of which an execution had ended when it last looked
    freed: int = 0  # places that were freed here and not filled again
    taker: threading.Lock = field(default_factory=threading.Lock)

    def know(self, *, full: bool) -> None:
        self.full = full
        if full:
            self.found = time.monotonic()

    def is_due(self, run_id: UUID, queue: str) -> bool:
        """Freed places are to be filled. A run that is new here may have been too wide for who began it."""
        if self.full:
            return self.freed >= _at_once(queue)
        return self.run != run_id or time.monotonic() - self.looked > LOOK_SECONDS

    def take_over(self, run_id: UUID) -> int:
        """The number of freed places: whoever holds `taker` fills them."""
        with _LOCK:
            number, self.freed = max(1, self.freed), 0
        self.looked, self.run = time.monotonic(), run_id
        return number


@dataclass
class _Slots:
    """Tasks that the living workers run side by side, by queue."""

    of_queue: dict[str, int] = field(default_factory=dict)
    read: float = float("-inf")


# What a message is made of.
_CARRIED: Final = (
    "pk", "node", "dispatch", "has_place", "published_at", "run__chord_id", "run__graph_version", "run__user",
)  # fmt: skip
_LOCK: Final = threading.Lock()
_SEEN: Final[defaultdict[Lane, _Seen]] = defaultdict(_Seen)
_SLOTS: Final = _Slots()
_REMEMBERED: Final = 10_000


def queue_of(version_id: UUID, node_id: UUID) -> str:
    spec = registry.get(plan_of(version_id).nodes[node_id].block_id)
    return "cpu" if spec is None else spec.workload.value


def fitting(facts: RunFacts, executions: list[NodeExecution], *, own: str = "") -> list[NodeExecution]:
    """Those of the executions that may be sent now, in their order. `own`: the queue in which a place is free, because
    one has ended there."""
    if not settings.PUBLISH_WINDOW or len(executions) < 2:
        return executions
    by_queue: defaultdict[str, list[NodeExecution]] = defaultdict(list)
    for one in executions:
        by_queue[queue_of(facts.version_id, one.node_id)].append(one)
    sent: set[UUID] = set()
    for queue, ready in by_queue.items():
        room = max(_room(facts.user_id, queue, among=ready), int(queue == own))
        sent.update(one.pk for one in ready[:room])
        if room < len(ready):
            _seen((facts.user_id, queue)).know(full=True)
    return [one for one in executions if one.pk in sent]


def has_more(user_id: UUID, queue: str) -> bool:
    """Whether more of the user is ready than fits, as far as this process has seen it lately. Such messages are taken
    after those of others (config.brokers)."""
    seen = _seen((user_id, queue))
    return seen.full and time.monotonic() - seen.found < LOOK_SECONDS


@repeated
def hold(executions: Iterable[NodeExecution], *, with_place: bool) -> None:
    """They stay queued and unsent; the place in the chord that each has already is kept for it."""
    crash_point("window.before_hold")
    held = NodeExecution.objects.filter(pk__in=[one.pk for one in executions], status=Status.QUEUED)
    held.update(published_at=None, publishes=0, has_place=with_place)
    crash_point("window.held")


def after(facts: RunFacts, queue: str, ready: Iterable[NodeExecution]) -> Iterator[list[NodeExecution]]:
    """An execution has ended in this queue, and what it made ready was sent: what takes its place, if nothing did.

    Threads that take side by side would go for the same executions. One takes for all, and looks again when it has
    taken: what was freed meanwhile was left to it."""
    if not settings.PUBLISH_WINDOW or any(queue_of(facts.version_id, one.node_id) == queue for one in ready):
        return
    lane = facts.user_id, queue
    seen = _seen(lane)
    with _LOCK:
        seen.freed += 1
    while seen.is_due(facts.id, queue) and seen.taker.acquire(blocking=False):
        try:
            taken = _take(lane, max(seen.take_over(facts.id), _grown(lane)))
            seen.know(full=bool(taken))
        finally:
            seen.taker.release()
        if taken:
            yield taken


def refill() -> list[NodeExecution]:
    """For the sweep, which sends and marks them: what fits of what is unsent, for each user and queue."""
    unsent = NodeExecution.objects.never_sent().going()
    named = unsent.order_by().values_list("run__user", "run__graph_version", "node").distinct()
    lanes = {(user_id, queue_of(version_id, node_id)) for user_id, version_id, node_id in named}
    for lane in lanes:
        _seen(lane).know(full=True)
    return [one for lane in lanes for one in _next(lane, _room(*lane))]


def _take(lane: Lane, number: int) -> list[NodeExecution]:
    """Another process that takes the same ones leaves none of the places empty: then it is the turn of the next."""
    taken: list[NodeExecution] = []
    for _ in range(MOST_TRIES):
        found, won = _take_once(lane, number - len(taken))
        taken += won
        if len(taken) == number or not found:
            break
    return taken


@repeated
def _take_once(lane: Lane, number: int) -> tuple[int, list[NodeExecution]]:
    """How many were there, and those that nobody else has taken meanwhile."""
    crash_point("window.before_take")
    found = {one.pk: one for one in _next(lane, number)}
    taken = mark_sent(list(found), timezone.now())
    crash_point("window.taken")
    return len(found), [found[pk] for pk in taken]


def _next(lane: Lane, number: int) -> list[NodeExecution]:
    """At most so many unsent executions of a user for a queue, from the runs in turn."""
    user_id, queue = lane
    runs = unsent_runs(user_id)
    random.shuffle(runs)
    of_runs: list[list[NodeExecution]] = []
    for run_id, version_id in runs:
        if len(of_runs) == number:  # one of each is enough
            break
        rows = NodeExecution.objects.never_sent().filter(run_id=run_id).select_related("run")
        nodes = _nodes(version_id, queue)
        if len(nodes) < len(plan_of(version_id).nodes):
            rows = rows.filter(node_id__in=nodes)
        if fit := list(rows.only(*_CARRIED).order_by("pk")[:number]):
            of_runs.append(fit)
    in_turn = [one for turn in zip_longest(*of_runs) for one in turn if one is not None]
    return in_turn[:number]


@lru_cache(maxsize=256)
def _nodes(version_id: UUID, queue: str) -> tuple[UUID, ...]:
    """Those of a version that wait in this queue: looked at for every execution, they may be thousands."""
    return tuple(node_id for node_id in plan_of(version_id).nodes if queue_of(version_id, node_id) == queue)


def _room(user_id: UUID, queue: str, among: Iterable[NodeExecution] = ()) -> int:
    """How many more messages of the user may wait in the queue. `among`: rows that are marked as sent and are not.

    What a paused run has queued takes no room, nor what waits for the admission of its run: no message of it waits."""
    seen, now = _seen((user_id, queue)), time.monotonic()
    if among and seen.full and now - seen.counted < LOOK_SECONDS:
        return 0
    seen.counted = now
    mine = NodeExecution.objects.going().filter(status=Status.QUEUED, published_at__isnull=False)
    of_user = mine.filter(run__user=user_id).exclude(pk__in=[one.pk for one in among])
    counted = of_user.values_list("run__graph_version", "node").annotate(number=Count("pk"))
    out: int = sum(number for version_id, node_id, number in counted if queue_of(version_id, node_id) == queue)
    return max(0, _size(queue) - out)


def _grown(lane: Lane) -> int:
    """Places that nobody has freed: there are more workers than when it was filled. Asked once in a while."""
    seen, (_, queue) = _seen(lane), lane
    if not seen.full or time.monotonic() - seen.counted < LOOK_SECONDS:
        return 0
    room = _room(*lane)
    return room if room > _size(queue) // 2 else 0


def _size(queue: str) -> int:
    return max(2 * _slots(queue), settings.PUBLISH_WINDOW)


def _at_once(queue: str) -> int:
    """Freed places are filled together, so few of them that what other processes keep back leaves enough waiting."""
    return max(1, _size(queue) // (2 * max(1, _slots(queue))))


def _slots(queue: str) -> int:
    now = time.monotonic()
    if now - _SLOTS.read > SLOTS_SECONDS:
        counted: defaultdict[str, int] = defaultdict(int)
        for size, queues in Worker.objects.filter(gone_at=None).values_list("size", "queues"):
            for name in queues:
                counted[name] += size
        _SLOTS.of_queue, _SLOTS.read = dict(counted), now
    return _SLOTS.of_queue.get(queue, 0)


def _seen(lane: Lane) -> _Seen:
    with _LOCK:
        if len(_SEEN) > _REMEMBERED:
            _SEEN.clear()
        return _SEEN[lane]
