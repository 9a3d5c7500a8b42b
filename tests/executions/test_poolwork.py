"""A process of the pool that goes on with what is not its own any more."""

import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from executions import poolwork
from executions.poolwork import FENCED_SECONDS, FenceWatch
from tests.stack import Process, ended


class Job(SimpleNamespace):
    """As much of Celery's request as is looked at; it may be referred to weakly."""


@pytest.fixture
def busy() -> Iterator[Process]:
    command = [sys.executable, "-c", "import time; time.sleep(3600)"]
    with subprocess.Popen(command) as process, ended(process):
        yield process


def test_it_is_killed_when_nobody_holds_its_node_for_a_while(busy: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(poolwork, "time", SimpleNamespace(monotonic=lambda: now[0]))
    job = Job(id="task", worker_pid=busy.pid)
    poolwork.accepted(job)
    watch = FenceWatch()
    assert watch.look({"task"}) == []
    now[0] += 2 * FENCED_SECONDS
    assert watch.look(set()) == []  # seen for the first time
    now[0] += FENCED_SECONDS / 2
    assert watch.look({"task"}) == []  # it has claimed again
    now[0] += FENCED_SECONDS
    assert watch.look(set()) == []
    now[0] += FENCED_SECONDS
    assert watch.look(set()) == ["task"]
    assert busy.wait(20) == -9
    assert poolwork.kill(["task"]) == []  # it is gone already
    del job


def test_it_is_left_alone_when_its_task_has_ended_meanwhile(busy: Process) -> None:
    job = Job(id="task", worker_pid=busy.pid)
    poolwork.accepted(job)
    del job
    assert poolwork.kill(["task"]) == []
    failed = Job(id="task", worker_pid=busy.pid)
    poolwork.accepted(failed)
    poolwork.ended(failed)
    assert poolwork.kill(["task"]) == []


def test_it_is_left_alone_when_it_works_on_something_else_though_the_old_task_is_not_forgotten(busy: Process) -> None:
    old, new = (Job(id=name, worker_pid=busy.pid) for name in ("old", "new"))
    poolwork.accepted(old)
    poolwork.accepted(new)
    poolwork.ended(old)
    assert poolwork.kill(["old"]) == []
    assert busy.poll() is None
    assert poolwork.kill(["new"]) == ["new"]
