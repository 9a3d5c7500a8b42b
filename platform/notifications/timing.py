"""When what happened is told (pure): at once, together with more of its kind, or as a summary in the user's morning."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import TextChoices

MORNING = time(8)
MONDAY = 0


class Timing(TextChoices):
    OFF = "off", "never"
    IMMEDIATE = "immediate", "at once"
    BATCHED = "batched", "together, a day after the first"
    DAILY = "daily", "every morning, as a summary"
    WEEKLY = "weekly", "on Monday morning, as a summary"


def due(timing: Timing, happened: datetime, zone: str, batch: timedelta) -> datetime:
    """When a message that begins with this event is sent; more of the kind join it until then."""
    if timing is Timing.DAILY:
        return _next_morning(happened, zone, days=1)
    if timing is Timing.WEEKLY:
        return _next_morning(happened, zone, days=7)
    return happened + batch if timing is Timing.BATCHED else happened


def _next_morning(at: datetime, zone: str, *, days: int) -> datetime:
    """The next eight o'clock of the zone, or that of the next Monday; a clock that is put forward skips none."""
    local = at.astimezone(ZoneInfo(zone))
    ahead = 0 if days == 1 else (MONDAY - local.weekday()) % 7
    morning = datetime.combine(local.date() + timedelta(days=ahead), MORNING, tzinfo=local.tzinfo)
    return morning if morning > at else morning + timedelta(days=days)
