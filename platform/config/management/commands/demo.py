"""`manage.py demo`: the whole product once, on nothing but this machine, in a folder that is removed afterwards."""

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.demonstration import NotReady, Stack, end, interruptible, stack, started

INTERRUPTED: Final = 130
NEXT: Final = """
That was the demo: its servers are stopped, its folder is removed. Where to look next:

  make up                          the same stack to stay, on http://127.0.0.1:8000; prints the password of "admin"
  http://127.0.0.1:8000/admin/     graphs, runs, node executions, credits
  http://127.0.0.1:8000/v1/docs    the API
  docs/how-to/first-agent.md       an agent file of your own, step by step

While `make up` runs, in a second terminal:

  {petiole} run_graph {agent} --input "Least points=150"
  curl -H "Authorization: Bearer $({petiole} create_token demo --user admin)" http://127.0.0.1:8000/v1/executions
"""


class Command(BaseCommand):
    help = (
        "Starts broker, web server and workers in a temporary folder, imports and runs an agent graph on them, prints "
        "its outputs and stops everything. Nothing of an existing installation is touched."
    )
    requires_system_checks: list[str] = []

    def handle(self, **_: Any) -> None:
        agent = settings.BASE_DIR / "demo" / "agent.json"
        if not agent.is_file():
            raise CommandError(f"{agent} is missing: the demo needs a whole copy of the repository.")
        interruptible()
        try:
            status = self._demonstrated(agent)
        except NotReady as wrong:
            raise CommandError(str(wrong)) from None
        except KeyboardInterrupt:
            self.stdout.write("Interrupted; everything is stopped.")
            status = INTERRUPTED
        if status:
            sys.exit(status)
        self.stdout.write(NEXT.format(petiole=_petiole(), agent=_short(agent)))

    def _demonstrated(self, agent: Path) -> int:
        begun = time.monotonic()
        self._say("Starting broker, web server, workers and beat in a temporary folder ...")
        with stack() as ready:
            self._say(f"Ready after {time.monotonic() - begun:.1f} s at {ready.address}, with an empty database.\n")
            self._say(f"$ manage.py run_graph {_short(agent)}")
            try:
                return _run(ready, agent)
            finally:
                self._say("\nStopping ...")

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()  # before others write to the same terminal


def _run(ready: Stack, agent: Path) -> int:
    """`run_graph` writes to our own terminal. When we are interrupted, it stops the run."""
    run = started(("run_graph", str(agent)), ready.environment, signal.SIGINT)
    try:
        return run.wait()
    finally:
        if run.poll() is None:
            run.send_signal(signal.SIGINT)
            try:
                run.wait(settings.STOP_WAIT + 5)
            except subprocess.TimeoutExpired:
                end(run)


def _petiole() -> str:
    """The command line of this installation, as a person types it."""
    script = Path(sys.executable).with_name("petiole")
    return _short(script) if script.exists() else f"{_short(sys.executable)} manage.py"


def _short(path: str | Path) -> str:
    """As a person in this folder would write it."""
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except ValueError:
        return str(path)
