"""Times written by the application, increasing within a commit (D30)."""

from datetime import datetime, timedelta

from django.utils import timezone

_STEP = timedelta(microseconds=1)


class Stamps:
    """Start it after the locks of the transaction are taken: then the order of times is the order of the writes."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self.now = timezone.now()
        self._last = self.now - _STEP

    def next(self) -> datetime:
        self._last += _STEP
        return self._last
