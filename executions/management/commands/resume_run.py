"""`manage.py resume_run ID`: lets a paused run go on."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from executions import services
from executions.console.arguments import refused
from executions.console.failures import in_one_line
from executions.console.targets import run_named
from executions.errors import ExecutionError


class Command(BaseCommand):
    help = "Lets a paused run go on where it was."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run", metavar="ID", help="the id of the run")

    def handle(self, *_: Any, **options: Any) -> None:
        with in_one_line():
            try:
                run = services.resume_run(run_named(options["run"]))
            except ExecutionError as wrong:
                raise refused(f"{wrong} {wrong.hint}") from None
        self.stdout.write(f"{run} goes on: it is {run.status}.")
