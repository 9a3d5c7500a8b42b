"""`python -m tests.crashes.hand`: whoever starts and stops runs, as processes that can be killed.

Reads one JSON object per line and answers with one. Each order is carried out by a process of its own, which is forked
from this one, so that it need not load the product first."""

import json
import os
import sys
from typing import Any

import django

from blocks import registry


def obey(order: dict[str, Any]) -> str:
    from accounts.models import User
    from executions import services
    from executions.engine.reviewing import Answer
    from executions.models import GraphExecution, Review
    from graphs.models import GraphVersion

    if order["do"] == "decide":
        run = GraphExecution.objects.get(pk=order["run"])
        waiting = Review.objects.of_run(run.pk).waiting()
        answers = [Answer(review.node_execution_id, approved=True, for_good=True) for review in waiting]
        services.decide_reviews(user=run.user, answers=answers)
        return "decided"
    if order["do"] != "start":
        verb = getattr(services, f"{order['do']}_run")
        return str(verb(GraphExecution.objects.get(pk=order["run"])).status)
    user, version = User.objects.get(pk=order["user"]), GraphVersion.objects.get(pk=order["version"])
    wanted = {name: order[name] for name in ("inputs", "max_cost")}
    return str(services.start(user=user, version=version, **wanted).pk)


def answer_to(order: dict[str, Any]) -> dict[str, str]:
    try:
        return {"answer": obey(order)}
    except Exception as wrong:
        return {"error": f"{type(wrong).__name__}: {wrong}"}


def main() -> None:
    django.setup()
    from executions import hints

    registry.load()
    hints.send()  # Celery and what it needs
    print(json.dumps({"answer": "ready"}), flush=True)  # noqa: T201  the answers are read by the test
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            print(json.dumps(answer_to(json.loads(line))), flush=True)  # noqa: T201
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        if os.WIFSIGNALED(status):
            print(json.dumps({"killed": os.WTERMSIG(status)}), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
