"""Children that behave badly, and how they are dealt with."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.supervisor import traces
from config.supervisor.crew import Crew
from config.supervisor.roles import Role
from tests.config.installation import eventually

STUBBORN = "trap '' TERM QUIT; echo up; while :; do sleep 0.1; done"


@pytest.fixture
def crew(tmp_path: Path) -> Iterator[Crew]:
    with Crew(tmp_path) as made:
        yield made


def shell(name: str, script: str, *, grace: float = 5.0) -> Role:
    return Role(name=name, command=("sh", "-c", script), grace=grace, says_ready=False)


def until(crew: Crew, said: str, capsys: pytest.CaptureFixture[str]) -> str:
    heard = ""
    deadline = time.monotonic() + 10
    while said not in heard:
        assert time.monotonic() < deadline, heard
        crew.turn(seconds=0.05)
        heard += capsys.readouterr().out
    return heard


def test_one_that_dies_at_once_is_tried_again_later_and_later(crew: Crew, capsys: pytest.CaptureFixture[str]) -> None:
    child = crew.start(shell("web", "exit 3"))
    heard = until(crew, "again in 1.0 s", capsys)
    assert "web ended with exit code 3; starting it again in 0.5 s" in heard
    assert child.failures == 2


def test_one_that_cannot_be_started_is_tried_again(
    crew: Crew, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a full disk, say: here no pid file can be written."""
    in_its_way = tmp_path / "web.pid"
    in_its_way.mkdir()
    child = crew.start(shell("web", "echo here; sleep 60"))
    until(crew, "web cannot be started: Is a directory; trying again in 1.0 s", capsys)
    assert child.process is None
    in_its_way.rmdir()
    until(crew, "       web | here", capsys)


def test_one_that_is_ready_says_so_with_a_file(crew: Crew, capsys: pytest.CaptureFixture[str]) -> None:
    script = 'echo here; touch "$PETIOLE_READY_FILE"; sleep 60'
    child = crew.start(Role(name="web", command=("sh", "-c", script), grace=5))
    assert crew.wait(lambda: child.ready, seconds=10)
    until(crew, "       web | here", capsys)


def test_a_stop_ends_one_that_does_not_listen(crew: Crew, capsys: pytest.CaptureFixture[str]) -> None:
    crew.start(shell("worker-io", STUBBORN, grace=0.2))
    until(crew, "up", capsys)
    begun = time.monotonic()
    crew.stop(crew.children)
    assert crew.children["worker-io"].process is None
    assert 2 < time.monotonic() - begun < 5  # TERM, then QUIT, then KILL


def test_asking_twice_is_at_once(crew: Crew, capsys: pytest.CaptureFixture[str]) -> None:
    crew.start(shell("worker-io", STUBBORN, grace=60))
    until(crew, "up", capsys)
    os.kill(os.getpid(), signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGINT)
    begun = time.monotonic()
    crew.stop(crew.children)
    assert time.monotonic() - begun < 2


def test_what_a_dead_child_leaves_behind_dies_too(crew: Crew, capsys: pytest.CaptureFixture[str]) -> None:
    crew.start(shell("worker-cpu", "sleep 60 & echo pid=$!; exit 1"))
    pid = int(until(crew, "starting it again", capsys).split("pid=")[1].split()[0])
    eventually(lambda: traces.identity(pid) is None)


def test_signals_mean_again_what_they_meant(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    with Crew(tmp_path):
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) == before
