"""A broker of the test's own, that can be killed, stopped, emptied and started again, and processes that use it."""

import http.client
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import redis

from config.supervisor.broker import answers, role
from tests import stack
from tests.stack import eventually

ALONE = ("--without-mingle", "--without-gossip", "--without-heartbeat")


class Broker:
    """A Redis or Valkey server with an append-only file, as an embedded installation starts it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.listener = folder / "own.sock"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.listener}"

    @property
    def client(self) -> "redis.Redis":
        return redis.Redis.from_url(self.url)

    def start(self) -> None:
        self.process = subprocess.Popen(role(self.folder, self.listener).command)
        eventually(lambda: answers(self.listener))

    def end(self, number: signal.Signals = signal.SIGKILL) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(number)
            self.process.wait(20)

    def forget(self) -> None:
        """What a server loses that has no append-only file."""
        for file in sorted((self.folder / "valkey").rglob("*"), reverse=True):
            file.rmdir() if file.is_dir() else file.unlink()

    def send_signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)


class Installation:
    """Web, beat and the workers of production, each a process, on the test's database and a broker of their own."""

    def __init__(self, folder: Path, broker: Broker, **variables: str) -> None:
        self.folder, self.broker = folder, broker
        self.variables = {
            "REDIS_URL": broker.url,
            "PETIOLE_SWEEP_SECONDS": "1",
            "PETIOLE_REPUBLISH_SECONDS": "2",
            **variables,
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.port = 0

    def celery(self, name: str, *words: str, **variables: str) -> None:
        self._start(name, ("-m", "celery", "-q", "-A", "config", *words), variables)

    def worker(self, name: str, queues: str, *pool: str, **variables: str) -> None:
        self.celery(name, "worker", "-n", f"{name}@faults", "-Q", queues, *pool, *ALONE, **variables)

    def web(self) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        self._start("web", ("-m", "config.serve", "--fd", str(listener.fileno())), {}, listener.fileno())
        listener.close()

    def _start(self, name: str, words: tuple[str, ...], variables: dict[str, str], *descriptors: int) -> None:
        ready = self._ready(name)
        ready.unlink(missing_ok=True)
        environment = stack.environment() | self.variables | variables | {"PETIOLE_READY_FILE": str(ready)}
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, *words], env=environment, stdout=log, stderr=log, pass_fds=descriptors
            )

    def _ready(self, name: str) -> Path:
        return self.folder / f"{name}.ready"

    def await_ready(self) -> None:
        eventually(lambda: all(self._ready(name).exists() for name in self.processes), within=90)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def are_alive(self) -> bool:
        """None of the processes has ended, and none was replaced: nobody restarts them here."""
        ended = {name: process.returncode for name, process in self.processes.items() if process.poll() is not None}
        assert not ended, f"{ended}:\n{''.join(self.log(name)[-4000:] for name in ended)}"
        return True

    def post(self, path: str, token: str, body: Mapping[str, Any]) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Host": "localhost"}
        connection.request("POST", path, body=json.dumps(body), headers=headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, json.loads(text) if "json" in str(answer.getheader("content-type")) else text

    def end(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes.clear()

    def start(self) -> None:
        self.worker("io", "io,engine", "-P", "threads", "-c", "16")
        self.worker("cpu", "cpu", "-P", "prefork", "-c", "2")
        self.celery("beat", "beat", "--pidfile=")
        self.web()
        self.await_ready()


@contextmanager
def installed(folder: Path, **variables: str) -> Iterator[Installation]:
    broker = Broker(folder)
    made = Installation(folder, broker, **variables)
    with ExitStack() as ending:
        ending.callback(broker.end)
        broker.start()
        ending.callback(made.end)
        made.start()
        yield made
