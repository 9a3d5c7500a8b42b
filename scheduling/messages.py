"""Messages of this room. Without them the same is done by whoever ticks, only in its own time."""

import logging

from celery import current_app

from executions.lines import MESSAGES, UNREACHABLE

log = logging.getLogger(__name__)


def send(task: str, *arguments: str) -> bool:
    """False when the broker cannot be reached."""
    try:
        with MESSAGES.asked():
            current_app.send_task(f"scheduling.tasks.{task}", arguments, queue="engine", ignore_result=True)
    except UNREACHABLE as lost:
        log.warning("%s cannot be sent: %s", task, lost)
        return False
    return True
