"""How many node executions a run may have (PETIOLE_MAX_NODE_EXECUTIONS), without a counter that every node writes to.

Each process counts what it runs and asks the database now and then, so a run may pass its limit by as many executions
as the processes run between two looks: at most a tenth of the limit, or a thousand, for each process."""

import threading
from collections import OrderedDict
from typing import Final
from uuid import UUID

from django.conf import settings

from executions.engine import stop
from executions.facts import RunFacts
from executions.models import NodeExecution

_LOCK: Final = threading.Lock()
_SEEN: Final[OrderedDict[UUID, int]] = OrderedDict()
_REMEMBERED: Final = 4096


def count(facts: RunFacts) -> None:
    """One more execution of the run was claimed here."""
    limit = settings.MAX_NODE_EXECUTIONS
    every = max(1, min(1000, limit // 10))
    with _LOCK:
        seen = _SEEN.pop(facts.id, 0) + 1
        _SEEN[facts.id] = seen
        if len(_SEEN) > _REMEMBERED:
            _SEEN.popitem(last=False)
    if seen % every == 0 and (number := NodeExecution.objects.filter(run_id=facts.id).claimed().count()) > limit:
        stop.fail(
            facts.id,
            f"The run has executed {number} nodes; at most {limit} are allowed (PETIOLE_MAX_NODE_EXECUTIONS).",
        )
