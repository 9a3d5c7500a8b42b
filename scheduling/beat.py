"""Beat on the database's schedules, that goes on when the database is away or the clock is set back.

Celery's own ends with the first statement that fails, and sleeps until the clock has caught up with what it planned.
Schedules of graphs and most jobs are not beat's to send: it ticks when one of them is due (scheduling.ticking)."""

import logging
import time
from datetime import datetime
from typing import Any, Final

from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone
from django_celery_beat.schedulers import DatabaseScheduler

from scheduling import ticking
from scheduling.messages import send

log = logging.getLogger(__name__)

NOTICED_SECONDS: Final = 2.0
ONCE_MORE_SECONDS: Final = 1.0
LOOK_SECONDS: Final = 5.0  # workers notice a new schedule sooner


class Scheduler(DatabaseScheduler):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._behind = time.time() - time.monotonic()
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]  # the package has no types

    def enabled_models_qs(self) -> Any:
        """What beat sends itself."""
        everything = super().enabled_models_qs()  # type: ignore[no-untyped-call]  # the package has no types
        return everything.filter(petiole_schedule=None).exclude(petiole_job__sent_by_beat=False)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Seconds until it is to be called again."""
        behind = time.time() - time.monotonic()
        if behind < self._behind - NOTICED_SECONDS:
            self._plan_again()
        self._behind = behind
        try:
            seconds: float = super().tick(*args, **kwargs)
            return min(seconds, self._tick_for_all())
        except (DatabaseError, InterfaceError) as lost:
            log.warning("the schedules cannot be read, trying again: %s", lost)
            connection.close()
            return ONCE_MORE_SECONDS

    def _tick_for_all(self) -> float:
        """A message when something is due: workers know what it is, and beat knows no blocks."""
        now = timezone.now()
        times = ticking.due_times(now, within=LOOK_SECONDS)
        if any(at <= now for at in times.values()):
            send("tick")
            return ticking.IDLE_SECONDS  # it is being done
        return ticking.seconds_until(times.values(), now, at_most=LOOK_SECONDS)

    def _plan_again(self) -> None:
        """The clock was set back: what ran in the time that is to come again counts as run now."""
        log.warning("the clock was set back: every schedule is planned again")
        now = timezone.now()
        for entry in (self._schedule or {}).values():
            entry.last_run_at = entry.model.last_run_at = min(entry.last_run_at, now)
        self._last_full_sync = datetime.now()  # noqa: DTZ005  the scheduler compares it without a zone
        self._heap = []
        self._heap_invalidated = True
