"""How many node executions a run may have (PETIOLE_MAX_NODE_EXECUTIONS), without a counter that every node writes to.

Each process counts what it makes and asks the database now and then, so a run may pass its limit by as many executions
as the processes make between two looks: at most a tenth of the limit, or a thousand, for each process."""

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


def count(facts: RunFacts, number: int = 1) -> None:
    """So many more executions of the run were made here. Never inside a transaction: it may end the run."""
    limit = settings.MAX_NODE_EXECUTIONS
    every = max(1, min(1000, limit // 10))
    with _LOCK:
        before = _SEEN.pop(facts.id, 0)
        _SEEN[facts.id] = before + number
        if len(_SEEN) > _REMEMBERED:
            _SEEN.popitem(last=False)
    if before // every == (before + number) // every:
        return
    if (made := NodeExecution.objects.filter(run_id=facts.id).count()) > limit:
        reason = f"The run has made {made} node executions; at most {limit} are allowed (PETIOLE_MAX_NODE_EXECUTIONS)."
        stop.fail(facts.id, reason)
