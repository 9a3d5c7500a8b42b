"""`manage.py run_graph`: starts a run, shows how it goes on, prints what came out; Ctrl-C stops it."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from executions import detail, services
from executions.console import report
from executions.console.arguments import REFUSED, inputs_of, masks_of, refused
from executions.console.display import Display, display_for
from executions.console.failures import in_one_line
from executions.console.interrupts import HeldBack
from executions.console.targets import Target, masks_for, target_of
from executions.console.watching import watch
from executions.errors import ExecutionError
from executions.models import GraphExecution
from graphs.errors import GraphError
from graphs.management.owner import owner_named

INTERRUPTED = 130


class Command(BaseCommand):
    help = (
        "Runs a graph and waits for its end. Exit status: 0 completed, 1 failed, 2 not started, 3 stopped. "
        "A file that was imported before, with the same content, is not imported again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "graph",
            metavar="FILE | ID[@VERSION]",
            help="an agent file (- is standard input), or a stored graph: without a version the active one",
        )
        parser.add_argument(
            "--input",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="an input of the graph; JSON when it is JSON, else text; may be repeated",
        )
        parser.add_argument("--inputs", metavar="FILE", help="a JSON object with inputs; --input is stronger")
        parser.add_argument(
            "--mask", metavar="FILE", help="a JSON object: node (id or name) to an object of pins and values"
        )
        parser.add_argument(
            "--max-cost", type=int, metavar="CREDITS", help="end the run before a node that would cost more than this"
        )
        parser.add_argument("--owner", metavar="NAME", help="who runs it (default: the first administrator)")
        parser.add_argument("--no-wait", action="store_true", help="start the run, print its id, do not wait")
        parser.add_argument("--json", action="store_true", help="print the run as one JSON object")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            with in_one_line():
                status = self._run(options)
        except KeyboardInterrupt:
            status = INTERRUPTED
        if status:
            sys.exit(status)

    def _run(self, options: dict[str, Any]) -> int:
        owner = self._owner(options["owner"])
        inputs, masks = inputs_of(options["input"], options["inputs"]), masks_of(options["mask"])
        target = target_of(options["graph"], owner)
        wanted = {"inputs": inputs, "masks": masks_for(target, masks), "max_cost": options["max_cost"]}
        with HeldBack() as interrupts:
            run = self._started(owner, target, wanted, as_json=options["json"])
            if run is None:
                return REFUSED
            for warning in [*target.warnings, *run.warnings]:
                self.stderr.write(f"warning: {warning}")
            if options["no_wait"]:
                self.stdout.write(report.as_json(detail.summary(run)) if options["json"] else str(run.pk))
                return 0
            return self._followed(run, interrupts, as_json=options["json"])

    def _owner(self, name: str | None) -> User:
        try:
            return owner_named(name)
        except CommandError as wrong:
            raise refused(str(wrong)) from None

    def _started(self, owner: User, target: Target, wanted: dict[str, Any], *, as_json: bool) -> GraphExecution | None:
        try:
            return services.start(user=owner, version=target.version, **wanted)
        except (GraphError, ExecutionError) as wrong:
            warnings = [f"warning: {warning}" for warning in target.warnings]
            for line in [*warnings, *report.refusal(wrong, target.version)]:
                self.stderr.write(line)
            if as_json:
                self.stdout.write(report.refusal_as_json(wrong))
            return None

    def _followed(self, run: GraphExecution, interrupts: HeldBack, *, as_json: bool) -> int:
        """Progress goes where it does not get into the JSON."""
        out, terminal = (self.stderr, sys.stderr) if as_json else (self.stdout, sys.stdout)
        version = run.graph_version
        out.write(f"{version}, graph {version.graph_id}, run {run.pk}")
        with display_for(out, terminal, str(version)) as display:
            try:
                interrupts.let_through()
                watch(run, display)
            except KeyboardInterrupt:
                self._stop(run, display)
        if as_json:
            self.stdout.write(report.as_json(detail.detail(run)))
        elif run.is_final:
            for line in report.result(run):
                self.stdout.write(line)
        return report.EXITS.get(run.status, report.STOPPED)

    def _stop(self, run: GraphExecution, display: Display) -> None:
        display.say("Stopping the run. Once more Ctrl-C does not wait for its end.")
        try:
            services.stop_run(run)
        except KeyboardInterrupt:
            run.refresh_from_db()
        if not run.is_final:
            display.say(f"The run has not ended yet; `manage.py stop_run {run.pk}` waits for it.")
