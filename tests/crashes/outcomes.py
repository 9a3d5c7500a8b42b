"""What a run comes to, in a form in which two of its performances are compared."""

import json
import re
from collections import Counter
from typing import Any, Final

from celery import current_app

import credits.services
from config.chaos.messages import UNACKED
from credentials.models import Lease
from credits import audit
from executions.models import GraphExecution, NodeExecution
from executions.states import Status, Step
from executions.values import content, folder_of
from notifications.models import Notice

_IDS: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
CHORDS: Final = "celery-taskset-meta-*"  # keys in Redis
_NUMBERS: Final = "node_exec_count", "node_error_count", "cost"


def has_ended(root: GraphExecution) -> bool:
    """The run, all runs below it, and what follows their ends."""
    tree = GraphExecution.objects.filter(root_id=root.pk)
    if tree.alive().exists() or tree.exclude(epilogue=Step.DONE).exists():
        return False
    return not NodeExecution.objects.filter(run__root=root).outstanding().exists()


def outcome(root: GraphExecution, purse: int) -> dict[str, Any]:
    """Statuses, values, counts, money and news; without ids, times and numbers of attempts."""
    tree = GraphExecution.objects.filter(root_id=root.pk).order_by("depth", "created_at")
    return {
        "runs": [_of_run(run) for run in tree],
        "spent": purse - credits.services.balance(root.user_id),
        "notices": Counter(Notice.objects.filter(user=root.user_id).values_list("kind", flat=True)),
        "started": GraphExecution.objects.filter(user=root.user_id, parent=None).count(),
    }


def _of_run(run: GraphExecution) -> dict[str, Any]:
    nodes = NodeExecution.objects.filter(run=run)
    stats = run.stats or {}
    by_node: dict[str, list[Any]] = {}
    for one in nodes.order_by("node__position"):
        by_node.setdefault(str(one.node.position), []).append(_of_node(one))
    return {
        "status": run.status,
        "failure": _plain(run.failure),
        "hidden": run.moderation,
        "numbers": {name: stats.get(name) for name in _NUMBERS},
        "nodes": {key: sorted(many, key=json.dumps) for key, many in by_node.items()},
    }


def _of_node(one: NodeExecution) -> Any:
    rows = one.outputs.order_by("epoch", "sequence")
    put_out = [[row.pin, row.epoch, _plain(json.dumps(content(row)))] for row in rows]
    # whether an execution was stopped before it began, in the middle or in the end given up is a matter of timing
    error = None if one.status == Status.TERMINATED else _plain(one.stats.get("error"))
    return [one.status, one.cost, put_out, error]


def _plain(text: str | None) -> str | None:
    return None if text is None else _IDS.sub("…", text)


def remains(root: GraphExecution) -> list[str]:
    """What should not be there any more when a run has ended, as sentences."""
    found = [*audit.differences()]
    if NodeExecution.objects.filter(run__root=root, claim_token__isnull=False).exists():
        found.append("an execution is still held")
    if Lease.objects.filter(node_execution_id__in=NodeExecution.objects.filter(run__root=root).values("pk")).exists():
        found.append("a credential is still in use")
    if GraphExecution.objects.filter(root_id=root.pk, chord_id__isnull=False).exists():
        found.append("a run still names its chord")
    found += [
        f"{run} has a folder" for run in GraphExecution.objects.filter(root_id=root.pk) if folder_of(run.pk).exists()
    ]
    client: Any = current_app.backend.client  # type: ignore[attr-defined]  # of the Redis backend
    return found + [f"{key!r} stays in Redis for ever" for key in client.scan_iter(CHORDS) if client.ttl(key) == -1]


def forget() -> None:
    """The chords of other tests, and what workers held that were killed."""
    client: Any = current_app.backend.client  # type: ignore[attr-defined]
    client.delete(UNACKED, f"{UNACKED}_index")
    for key in client.scan_iter(CHORDS):
        client.delete(key)
