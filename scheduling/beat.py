"""Beat on the database's schedules, that goes on when the database is away or the clock is set back.

Celery's own ends with the first statement that fails, and sleeps until the clock has caught up with what it planned."""

import logging
import time
from datetime import datetime
from typing import Any, Final

from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone
from django_celery_beat.schedulers import DatabaseScheduler

log = logging.getLogger(__name__)

NOTICED_SECONDS: Final = 2.0
ONCE_MORE_SECONDS: Final = 1.0


class Scheduler(DatabaseScheduler):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._behind = time.time() - time.monotonic()
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]  # the package has no types

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Seconds until it is to be called again."""
        behind = time.time() - time.monotonic()
        if behind < self._behind - NOTICED_SECONDS:
            self._plan_again()
        self._behind = behind
        try:
            seconds: float = super().tick(*args, **kwargs)
        except (DatabaseError, InterfaceError) as lost:
            log.warning("the schedules cannot be read, trying again: %s", lost)
            connection.close()
            return ONCE_MORE_SECONDS
        return seconds

    def _plan_again(self) -> None:
        """The clock was set back: what ran in the time that is to come again counts as run now."""
        log.warning("the clock was set back: every schedule is planned again")
        now = timezone.now()
        for entry in (self._schedule or {}).values():
            entry.last_run_at = entry.model.last_run_at = min(entry.last_run_at, now)
        self._last_full_sync = datetime.now()  # noqa: DTZ005  the scheduler compares it without a zone
        self._heap = []
        self._heap_invalidated = True
