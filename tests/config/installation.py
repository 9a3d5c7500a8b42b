"""An installation for one test: its own state folder, a cleared environment, `manage.py up` as its own process."""

import http.client
import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.conf import settings

ROOT = Path(__file__).resolve().parents[2]
READY = re.compile(r"^ready: http://([^:]+):(\d+)$", re.MULTILINE)


class Installation:
    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.state = folder / "state"
        self.environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
            "PETIOLE_STATE": str(self.state),
        } | environment
        self.process: subprocess.Popen[bytes] | None = None
        self.said = ""

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *words],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )

    def up(self, *words: str) -> None:
        self.said = ""
        self.process = subprocess.Popen(
            [
                sys.executable,
                str(ROOT / "manage.py"),
                "up",
                "--port",
                "0",
                "--workers-io",
                "4",
                "--workers-cpu",
                "1",
                *words,
            ],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def ready(self) -> None:
        self.says("ready: http://")

    def says(self, text: str, *, within: float = 90) -> None:
        """Read what `up` prints until this appears."""
        deadline = time.monotonic() + within
        while text not in self.said:
            assert self.process is not None
            assert self.process.stdout is not None
            readable, _, _ = select.select([self.process.stdout], [], [], max(0.0, deadline - time.monotonic()))
            chunk = os.read(self.process.stdout.fileno(), 65536) if readable else b""
            assert chunk, f"{text!r} was not said within {within} s:\n{self.said}"
            self.said += chunk.decode()

    def get(self, path: str, token: str = "") -> tuple[int, Any]:
        """A web process that is just being started lets its callers wait."""
        found = READY.search(self.said)
        assert found is not None
        with closing(http.client.HTTPConnection(found[1], int(found[2]), timeout=90)) as connection:
            connection.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
            answer = connection.getresponse()
            text = answer.read().decode()
        return answer.status, json.loads(text) if "json" in str(answer.getheader("content-type")) else text

    def pids(self) -> dict[str, int]:
        return {file.stem: int(file.read_text().split()[0]) for file in (self.state / "run").glob("*.pid")}

    def processes(self) -> list[int]:
        """Everything alive that was started for this state folder, pool processes of workers included."""
        mine = f"PETIOLE_STATE={self.state}".encode()
        return [pid for pid in running() if mine in environment_of(pid)]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        rest, _ = self.process.communicate(timeout=60)
        self.said += rest.decode()
        return self.process.returncode

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.communicate()


@contextmanager
def installed(folder: Path) -> Iterator[Installation]:
    """An installation of the profile under test, with a database of its own, that does not outlive its test."""
    with profile() as environment:
        made = Installation(folder, environment)
        try:
            yield made
        finally:
            if made.process is not None and made.process.poll() is None:
                made.kill()


@contextmanager
def profile() -> Iterator[dict[str, str]]:
    if not settings.PRODUCTION:
        yield {}
        return
    url = urlsplit(os.environ["DATABASE_URL"])
    name = f"petiole_up_{os.getpid()}_{time.monotonic_ns()}"
    needed = ("PETIOLE_SECRET_KEY", "PETIOLE_HOSTS", "PETIOLE_HTTPS")
    with psycopg.connect(urlunsplit(url), autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"'.encode())
        try:
            servers = {
                "DATABASE_URL": urlunsplit(url._replace(path=f"/{name}")),
                "REDIS_URL": another_redis_database(os.environ["REDIS_URL"]),
            }
            yield servers | {key: os.environ[key] for key in needed}
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def running() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def another_redis_database(url: str) -> str:
    """The workers of the tests listen on the named one: they would take this installation's messages."""
    parts = urlsplit(url)
    number = int(parts.path.strip("/") or 0)
    return urlunsplit(parts._replace(path=f"/{(number + 5) % 16}"))


def environment_of(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []


def eventually(holds: Callable[[], bool], *, within: float = 30) -> None:
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, f"not true within {within} s"
        time.sleep(0.02)
