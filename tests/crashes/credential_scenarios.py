"""Scenarios of nodes that use credentials. Whoever imports this has them among the others."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

import credentials.services
from credentials.models import Lease
from executions import services
from executions.models import GraphExecution, NodeExecution
from executions.states import Waits
from tests.crashes.scenarios import scenario
from tests.crashes.stage import Stage, silence
from tests.credentials.blocks import LengthBlock
from tests.graphs_for_tests import Built
from tests.stack import eventually


def _key(stage: Stage, **more: Any) -> Any:
    return credentials.services.create(
        stage.user.pk, provider="github", type="api_key", values={"api_key": "sk-of-a-test"}, **more
    )


def _keyed(stage: Stage, key: Any) -> Built:
    chosen = {"id": key.id, "provider": "github", "type": "api_key"}
    return stage.build({"k": (LengthBlock.id, {"credentials": chosen}), "e": "Echo"}, "k.out -> e.x")


@scenario
def a_credential_in_use(stage: Stage) -> GraphExecution:
    """A paid node waits for it, and has it in the end."""
    key, somebody = _key(stage, max_concurrency=1), uuid4()
    built = _keyed(stage, key)
    credentials.services.take(stage.user.pk, [key.id], owner=somebody, node_execution_id=uuid4())
    # nobody's claim: no sweep may release it before somebody has waited
    Lease.objects.filter(owner=somebody).update(taken_at=timezone.now() + timedelta(hours=1))
    stage.arm()
    run = stage.start(built)
    waiting = NodeExecution.objects.filter(run=run, waits_for=Waits.LEASE)
    eventually(waiting.exists, within=60)
    credentials.services.release(somebody)
    return run


@scenario
def a_credential_that_is_gone(stage: Stage) -> GraphExecution:
    """Its paid node fails without having been entered."""
    built = _keyed(stage, key := _key(stage))
    with silence():
        run = services.start(user=stage.user, version=built.version)
    credentials.services.delete(stage.user.pk, key.id)
    stage.arm()
    return run
