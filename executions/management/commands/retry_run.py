"""`manage.py retry_run ID`: makes what failed or was stopped in a run runnable again."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from executions import services
from executions.console import report
from executions.console.arguments import refused
from executions.console.failures import in_one_line
from executions.console.targets import run_named
from executions.errors import ExecutionError
from graphs.errors import GraphError


class Command(BaseCommand):
    help = "Makes what failed or was stopped in an ended run runnable again. What completed is kept and not paid again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run", metavar="ID", help="the id of the run")

    def handle(self, *_: Any, **options: Any) -> None:
        with in_one_line():
            run = run_named(options["run"])
            try:
                run = services.retry_run(run)
            except (ExecutionError, GraphError) as wrong:
                lines = report.refusal(wrong, run.graph_version)
                raise refused(" ".join(line.strip() for line in lines)) from None
        self.stdout.write(f"{run} is retried: it is {run.status}.")
