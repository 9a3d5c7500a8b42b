"""`manage.py stop_run ID`: stops a run and everything below it."""

from argparse import ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from executions import services
from executions.console.failures import in_one_line
from executions.console.targets import run_named


def seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1
    if not 0 <= number <= 86_400:
        raise ArgumentTypeError("use a number of seconds, at most a day")
    return number


class Command(BaseCommand):
    help = "Stops a run with all runs below it. Exit status 1: a block that runs had not ended in time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run", metavar="ID", help="the id of the run")
        parser.add_argument(
            "--wait",
            type=seconds,
            default=settings.STOP_WAIT,
            metavar="SECONDS",
            help="how long to wait for the end (default: %(default)s)",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        with in_one_line():
            run = run_named(options["run"])
            if run.is_final:
                self.stdout.write(f"{run} had ended before: it is {run.status}.")
                return
            run = services.stop_run(run, wait=options["wait"])
        if not run.is_final:
            raise CommandError(f"{run} is still {run.status}: a block has not ended yet. Ask again later.")
        self.stdout.write(f"{run} was stopped: it is {run.status}.")
