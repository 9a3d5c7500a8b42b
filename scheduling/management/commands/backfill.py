"""`manage.py backfill SCHEDULE --from … --to …`: runs the times of the past that have no run."""

import time
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from graphs.errors import GraphError
from scheduling import backfills
from scheduling.errors import ScheduleError
from scheduling.models import Backfill, Schedule

LOOK_SECONDS: Final = 0.5
SHOWN: Final = 20


class Command(BaseCommand):
    help = "Runs the times of a schedule between two moments that have no run, oldest first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("schedule", help="its id, or its name where that is one of a kind")
        parser.add_argument(
            "--from", dest="first", type=_moment, required=True, help="2027-05-03T06:00, in UTC or with an offset"
        )
        parser.add_argument("--to", dest="last", type=_moment, required=True)
        parser.add_argument("--concurrency", type=int, default=1, help="runs at once, 1 to 100")
        parser.add_argument("--dry-run", action="store_true", help="only say which times would be run")
        parser.add_argument("--no-wait", action="store_true", help="return when it has begun; workers go on with it")

    def handle(self, *, schedule: str, first: datetime, last: datetime, **options: Any) -> None:
        found = _found(schedule)
        if not 1 <= options["concurrency"] <= 100:
            raise CommandError("--concurrency: give a number from 1 to 100.")
        try:
            if options["dry_run"]:
                self._say(found, first, last)
                return
            made = backfills.begin(found, first=first, last=last, concurrency=options["concurrency"])
        except (ScheduleError, GraphError) as refused:
            raise CommandError(f"{refused} {refused.hint}") from None
        self.stdout.write(f"backfill {made.pk}: {made.total} times")
        if not options["no_wait"]:
            self._follow(made)

    def _say(self, schedule: Schedule, first: datetime, last: datetime) -> None:
        times = backfills.holes(schedule, first, last).times
        for one in times[:SHOWN]:
            self.stdout.write(f"{one:%Y-%m-%d %H:%M:%S} UTC")
        if len(times) > SHOWN:
            self.stdout.write(f"… and {len(times) - SHOWN} more")
        cost = backfills.cost(schedule, len(times))
        most = "an unknown number of" if cost.most is None else cost.most
        self.stdout.write(f"{len(times)} times have no run; nothing was begun")
        self.stdout.write(f"all of them would cost {cost.expected} credits, at least {cost.least} and at most {most}")

    def _follow(self, made: Backfill) -> None:
        """Until all of its runs have ended; interrupted, the workers go on with it all the same."""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(file=self.stdout)) as bar:  # type: ignore[arg-type]  # a text file
            task = bar.add_task(made.schedule.name, total=made.total)
            while made.ended_at is None:
                backfills.advance(made.pk)
                counts = made.fires.progress()
                said = f"{counts['running']} running" + (f", {counts['failed']} failed" if counts["failed"] else "")
                done = counts["fired"] - counts["running"] + counts["failed"]
                bar.update(task, completed=done, description=said)
                made.refresh_from_db()
                if made.ended_at is None:
                    time.sleep(LOOK_SECONDS)
        counts = made.fires.progress()
        self.stdout.write(f"{counts['fired']} of {made.total} times were run, {counts['failed']} could not start")


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _found(name: str) -> Schedule:
    schedules = Schedule.objects.select_related("user", "graph")
    try:
        which = schedules.filter(pk=UUID(name))
    except ValueError:
        which = schedules.filter(name=name)
    found = list(which[:2])
    if not found:
        raise CommandError(f"There is no schedule {name!r}.")
    if len(found) > 1:
        raise CommandError(f"There are several schedules called {name!r}: give the id.")
    return found[0]
