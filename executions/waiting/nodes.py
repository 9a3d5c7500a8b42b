"""What groups of node executions wait for, in words."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

from django.conf import settings
from django.utils import timezone

from blocks import registry
from executions.models import Worker
from executions.waiting.fleet import Fleet
from executions.waiting.groups import Group
from executions.waiting.reasons import Kind, Reason
from executions.wording import ago, duration
from graphs.plan import Plan

ERROR: Final = 200  # characters of the last error


def reasons(groups: list[Group], plan: Plan, fleet: Fleet) -> Iterator[Reason]:
    """One for each group; about what is suspended for a child run see `runs`."""
    for group in groups:
        yield _reason(group, plan, fleet)


def _reason(group: Group, plan: Plan, fleet: Fleet) -> Reason:
    node = plan.nodes[group.nodes[0]]
    spec = registry.get(node.block_id)
    reason = Reason(
        kind=group.kind,
        detail="",
        since=group.since,
        until=group.until,
        count=group.count,
        node_exec_id=group.oldest,
        node_id=node.id,
        block=node.block_id if spec is None else spec.name,
        queue=group.queue,
    )
    if group.kind is Kind.WORKER:
        return _held(reason, group, plan, fleet)
    if group.kind is Kind.QUEUE:
        return _queued(reason, group, plan, fleet)
    return replace(reason, detail=_suspended(group, plan))


def _held(reason: Reason, group: Group, plan: Plan, fleet: Fleet) -> Reason:
    running = f"{group.who(plan)} {_have(group)} been running for {ago(group.since)} on"
    if group.worker_id is None:
        holder = None if group.example is None else group.example.holder
        return replace(reason, worker=holder, detail=f"{running} {holder or 'a worker'}.")
    worker = fleet.by_id.get(group.worker_id)
    name = None if worker is None else worker.name
    if worker is not None and fleet.is_live(worker):
        return replace(reason, worker=name, detail=f"{running} worker {_place(worker)}{_state(worker)}.")
    return replace(reason, kind=Kind.SILENT_WORKER, worker=name, detail=f"{running} {_silent(worker, fleet)}")


def _place(worker: Worker) -> str:
    """Most names end with the host."""
    return worker.name if worker.name.endswith(f"@{worker.host}") else f"{worker.name} on {worker.host}"


def _state(worker: Worker) -> str:
    seen = f", seen {ago(worker.seen_at)} ago"
    return seen if worker.draining_at is None else f"{seen}; it was told to end and gives back what it does not finish"


def _silent(worker: Worker | None, fleet: Fleet) -> str:
    which = "a worker that is gone"
    if worker is not None:
        which = f"worker {_place(worker)}, which has been silent for {ago(worker.seen_at)}"
    if fleet.empty:
        return f"{which}. No worker is alive: it is taken back when one is started."
    return f"{which}. It is taken back within {settings.TAKEBACK_SECONDS:g} s (PETIOLE_TAKEBACK_SECONDS)."


def _queued(reason: Reason, group: Group, plan: Plan, fleet: Fleet) -> Reason:
    queue = group.queue or ""
    queued = f"{group.who(plan)} {_have(group)} been queued for {ago(group.since)}"
    takers = fleet.taking(queue)
    if not takers:
        return replace(reason, kind=Kind.NO_WORKER, detail=f"{queued}. {fleet.nobody_takes(queue)}")
    held, places = sum(len(one.holding) for one in takers), sum(one.size for one in takers)
    live = "One live worker takes" if len(takers) == 1 else f"{len(takers)} live workers take"
    load = f"{held} of {places} place{'s' * (places != 1)} taken"
    return replace(reason, detail=f"{queued}. {live} the queue “{queue}”, {load}.")


def _suspended(group: Group, plan: Plan) -> str:
    who, waits = group.who(plan), "waits" if group.count == 1 else "wait"
    match group.kind:
        case Kind.TIMER:
            return f"{who} {waits} for a timer, {due(group)}."
        case Kind.BACKOFF:
            return f"{who} {waits} for another attempt, {due(group)}{_last_error(group)}."
        case Kind.LEASE:
            return f"{who} {waits} for a credential, {due(group)}{_why(group)}."
        case Kind.REVIEW | Kind.VALUES:
            what = "a person to decide" if group.kind is Kind.REVIEW else "values on other pins"
            return f"{who} {_have(group)} waited for {what} for {ago(group.since)}."
        case Kind.CALLS:
            return f"{who} {waits} for the nodes that {'it has' if group.count == 1 else 'they have'} called."
        case _:
            return f"{who} {waits} for a run below."


def due(group: Group) -> str:
    first = "" if group.count == 1 else "the first "
    return f"{first}due {_when(group.until)}"


def _when(until: datetime | None) -> str:
    if until is None:
        return "now"
    seconds = (until - timezone.now()).total_seconds()
    return f"in {duration(seconds)}" if seconds > 0 else f"for {duration(-seconds)}: the next sweep wakes it"


def _last_error(group: Group) -> str:
    first = _why(group)
    return f"; attempt {group.example.failures} failed{first}" if first and group.example else ""


def _why(group: Group) -> str:
    one = group.example
    if one is None or not one.stats.get("last_error"):
        return ""
    first = str(one.stats["last_error"]).strip().partition("\n")[0]
    return f": {first[:ERROR].rstrip('.')}"


def _have(group: Group) -> str:
    return "has" if group.count == 1 else "have"
