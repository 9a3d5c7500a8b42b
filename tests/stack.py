"""Real processes for tests: a broker in the test's state folder, and Celery workers on the test's database."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import redis
from celery import current_app
from django.conf import settings
from django.db import connection

from config import lifeline
from config.supervisor.broker import role

Process = subprocess.Popen[bytes]


def eventually(holds: Callable[[], Any], *, within: float = 20) -> Any:
    """The first true answer of `holds`; fails with its last answer when there is none in time."""
    deadline = time.monotonic() + within
    while not (answer := holds()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not true within {within} s: {answer!r}")
        time.sleep(0.02)
    return answer


@contextmanager
def ended(process: Process) -> Iterator[Process]:
    """A process that does not outlive its test."""
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def process(command: Sequence[str], **options: Any) -> Process:
    """It dies with this one, however this one ends: a worker left behind would take the messages of tests to come."""
    last = partial(lifeline.end_with_parent, os.getpid())
    return subprocess.Popen(command, preexec_fn=last, **options)  # noqa: PLW1509  it does one call of the kernel


@contextmanager
def broker() -> Iterator[None]:
    """The embedded broker, or nothing where the production profile names one."""
    if not settings.REDIS_URL.startswith("unix:"):
        yield
        return
    listener = Path(settings.REDIS_URL.removeprefix("unix://"))
    command = role(settings.STATE, listener).command
    with process(command) as server, ended(server):
        eventually(lambda: listener.exists() and redis.Redis.from_url(settings.REDIS_URL).ping())
        yield


def environment() -> dict[str, str]:
    """The variables with which another process sees the test database."""
    database = connection.settings_dict
    values = dict(os.environ)
    if connection.vendor == "postgresql":
        name, user, host = (quote(str(database[key]), safe="") for key in ("NAME", "USER", "HOST"))
        password = f":{quote(database['PASSWORD'], safe='')}" if database["PASSWORD"] else ""
        values["DATABASE_URL"] = f"postgresql://{user}{password}@{host}:{database['PORT'] or 5432}/{name}"
    return values


@contextmanager
def worker(queues: str = "io,cpu,engine", *options: str, **variables: str) -> Iterator[Process]:
    """One Celery worker; ready when it answers. `options` as for `celery worker`."""
    name = f"{queues.replace(',', '-')}-{time.monotonic_ns()}@test"
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-n", name, "-Q", queues, "-l", "warning"]
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat", *options]
    with process(command, env=environment() | variables) as started, ended(started):
        eventually(lambda: answers(name, started), within=60)
        yield started


def answers(name: str, process: Process) -> bool:
    assert process.poll() is None, f"the worker {name} has ended with code {process.returncode}"
    return bool(current_app.control.ping(destination=[name], timeout=0.3))
