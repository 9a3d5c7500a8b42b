"""Stops runs that somebody has chosen on a page, and says of each what came of it."""

import time
from collections.abc import Iterable, Iterator
from typing import Final

from django.contrib import messages

from executions import services
from executions.models import GraphExecution

SECONDS: Final = 3.0  # a page waits this long; what takes longer goes on stopping


def stop_all(runs: Iterable[GraphExecution]) -> Iterator[tuple[int, str]]:
    """The level and text of a message for each run. All are told to stop before the first is waited for."""
    many = list(runs)
    ended = {run.pk for run in many if run.is_final}
    for run in many:
        services.stop_run(run, wait=0)
    deadline = time.monotonic() + SECONDS
    for run in many:
        yield _outcome(services.stop_run(run, wait=max(0.0, deadline - time.monotonic())), had_ended=run.pk in ended)


def _outcome(run: GraphExecution, *, had_ended: bool) -> tuple[int, str]:
    if had_ended:
        return messages.WARNING, f"{run} had ended before: it is {run.status}."
    if run.is_final:
        return messages.SUCCESS, f"{run} was stopped: it is {run.status}."
    return messages.WARNING, f"{run} is being stopped; a block that runs has not ended yet."
