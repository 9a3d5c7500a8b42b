"""Celery's doors: each may be called twice, late or never."""

from typing import Any
from uuid import UUID

from celery import shared_task, signals

from executions.tasks import sweep
from scheduling import backfills, firing, jobs, ticking


@shared_task
def tick() -> None:
    ticking.tick()


@shared_task
def fire(fire_id: str) -> None:
    firing.fire(UUID(fire_id))


@shared_task
def run_job(name: str) -> None:
    """A job of the platform, now."""
    jobs.run(name)


@shared_task
def advance_backfill(backfill_id: str) -> None:
    backfills.advance(UUID(backfill_id))


@signals.task_postrun.connect(sender=sweep)
def _note_sweep(retval: Any, state: str, **_: Any) -> None:
    """Sweeps are sent by beat and at the start of workers; how the last one went is listed with the other jobs."""
    jobs.note(jobs.SWEEP, succeeded=state == "SUCCESS", result=str(retval or ""))
