"""What a fire can be, and what a schedule wants done with its fires."""

from typing import Final

from django.db.models import TextChoices


class State(TextChoices):
    """PLANNED: its time is to come, or has just come. WAITING: an older run has to end first. QUEUED: of a backfill,
    its turn is to come. The others are final, but a backfill queues those that did not run."""

    PLANNED = "PLANNED"
    WAITING = "WAITING"
    QUEUED = "QUEUED"
    FIRED = "FIRED"
    SKIPPED = "SKIPPED"
    MISSED = "MISSED"
    FAILED = "FAILED"


OPEN: Final = (State.PLANNED, State.WAITING)
HOLES: Final = (State.SKIPPED, State.MISSED, State.FAILED)


class Origin(TextChoices):
    TIME = "TIME"
    PERSON = "PERSON"


class Misfire(TextChoices):
    """For times at which nothing ticked."""

    SKIP = "skip", "Skip them"
    ONCE = "once", "Run once, for the latest"
    ALL = "all", "Run all, up to the limit"


class Overlap(TextChoices):
    """For times at which an older run of the schedule has not ended."""

    ALLOW = "allow", "Run beside it"
    SKIP = "skip", "Skip the time"
    QUEUE = "queue", "Wait for its end"
    STOP = "stop", "Stop the older run"
