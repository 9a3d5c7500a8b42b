"""One child process: how it is started, whether it is ready, when it may be started again."""

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from config import lifeline
from config.supervisor import traces
from config.supervisor.roles import Role

SHORTEST_WAIT, LONGEST_WAIT = 0.5, 30.0
STEADY_SECONDS = 10.0


@dataclass
class Child:
    """At most one process of a role at a time."""

    role: Role
    folder: Path
    process: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    failures: int = 0
    due: float = 0.0

    @property
    def pid_file(self) -> Path:
        return self.folder / f"{self.role.name}.pid"

    @property
    def ready_file(self) -> Path:
        return self.folder / f"{self.role.name}.ready"

    @property
    def ready(self) -> bool:
        return self.process is not None and (not self.role.says_ready or self.ready_file.exists())

    def start(self) -> subprocess.Popen[bytes]:
        """Raises OSError when it cannot be started now; it is due again a while later."""
        self.began = time.monotonic()
        try:
            self.ready_file.unlink(missing_ok=True)
            self.process = self._spawned()
            traces.write(self.pid_file, self.process.pid)
        except OSError:
            self._give_up()
            raise
        return self.process

    def _spawned(self) -> subprocess.Popen[bytes]:
        supervisor = os.getpid()
        return subprocess.Popen(
            self.role.command,
            env=os.environ | self.role.environment | {"PETIOLE_READY_FILE": str(self.ready_file)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=self.role.descriptors,
            process_group=0,  # Ctrl-C at the terminal is for the supervisor, which then stops them in order
            preexec_fn=lambda: lifeline.end_with_parent(supervisor),  # noqa: PLW1509  the supervisor has no threads
        )

    def _give_up(self) -> None:
        """Without a pid file nobody would find the process after a kill of the supervisor: it must not live."""
        if self.process is not None:
            traces.end_group(self.process.pid, signal.SIGKILL)
            self.process.communicate()
            self.process = None
        self._wait_longer()

    def ended(self) -> int | None:
        """The exit code, once; None while it runs or when there is no process."""
        code = None if self.process is None else self.process.poll()
        if self.process is None or code is None:
            return None
        traces.end_group(self.process.pid, signal.SIGKILL)  # what a dead worker left of its pool
        self.pid_file.unlink(missing_ok=True)
        self.process = None
        self._wait_longer()
        return code

    def _wait_longer(self) -> None:
        steady = time.monotonic() - self.began > STEADY_SECONDS
        self.failures = 1 if steady else self.failures + 1
        self.due = time.monotonic() + min(LONGEST_WAIT, SHORTEST_WAIT * 2 ** (self.failures - 1))

    def send(self, number: signal.Signals) -> None:
        if self.process is None:
            return
        if number is signal.SIGKILL:
            traces.end_group(self.process.pid, number)
        else:
            self.process.send_signal(number)


def in_words(code: int) -> str:
    return f"ended with exit code {code}" if code >= 0 else f"was ended by {signal.Signals(-code).name}"
