"""`manage.py why ID`: what a run waits for."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from executions.console.failures import in_one_line
from executions.console.targets import run_named
from executions.waiting import waiting_for


class Command(BaseCommand):
    help = "Says what a run waits for, the most urgent first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run", metavar="ID", help="the id of the run")

    def handle(self, *_: Any, **options: Any) -> None:
        with in_one_line():
            run = run_named(options["run"])
            reasons = waiting_for(run)
        if run.is_final:
            self.stdout.write(f"{run} has ended: it is {run.status}.")
        for reason in reasons:
            self.stdout.write(f"{reason.kind.value:13}  {reason.detail}")
