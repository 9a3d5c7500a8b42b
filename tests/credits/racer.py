"""One of several processes that use the ledger of the test database at the same time.

`python -m tests.credits.racer DATABASE PLAN`: prints `ready`, waits for a line, then follows the plan (JSON, see `run`)
and prints what it took (JSON).
"""

import json
import sys
from typing import Any
from uuid import UUID

import django
from django.conf import settings
from django.db import transaction


def run(plan: dict[str, Any]) -> dict[str, int]:
    """Charge each node execution in turn; a plan may also grant and give back in between."""
    from credits import services
    from credits.errors import InsufficientBalance

    user_id = UUID(plan["user"])
    done = {"charged": 0, "refused": 0, "returned": 0, "granted": 0}
    for number, node in enumerate(plan["nodes"]):
        with transaction.atomic():
            try:
                done["charged"] += services.charge(
                    user_id=user_id, node_execution_id=UUID(node), kind="run", amount=plan["price"], metadata={}
                ).charged
            except InsufficientBalance:
                done["refused"] += 1
        if plan["give_back_every"] and number % plan["give_back_every"] == 0:
            with transaction.atomic():
                done["returned"] += services.give_back(node_execution_id=UUID(node), reason="never entered")
        if plan["grant_every"] and number % plan["grant_every"] == 0:
            services.grant(user_id, plan["price"], reason="race")
            done["granted"] += plan["price"]
    return done


if __name__ == "__main__":
    settings.DATABASES["default"]["NAME"] = sys.argv[1]
    settings.CREDITS = True
    django.setup()
    print("ready", flush=True)  # noqa: T201  the other end of the pipe is the test
    sys.stdin.readline()
    print(json.dumps(run(json.loads(sys.argv[2]))), flush=True)  # noqa: T201
