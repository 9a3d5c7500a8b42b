import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.supervisor import traces


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"], process_group=0) as process:
        yield process
        process.kill()


def test_a_process_that_a_pid_file_names_is_ended(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    traces.write(tmp_path / "web.pid", sleeper.pid)
    assert traces.clean(tmp_path) == ["web"]
    assert sleeper.wait(5) == -signal.SIGTERM
    assert list(tmp_path.iterdir()) == []


def test_one_that_does_not_listen_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traces, "PATIENCE_SECONDS", 0.2)
    stubborn = ["sh", "-c", "trap '' TERM; echo; while :; do sleep 1; done"]
    with subprocess.Popen(stubborn, process_group=0, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        traces.write(tmp_path / "web.pid", process.pid)
        assert traces.clean(tmp_path) == ["web"]
        assert process.wait(5) == -signal.SIGKILL


def test_a_stranger_with_the_same_number_is_left_alone(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    (tmp_path / "web.pid").write_text(f"{sleeper.pid} started-at-another-time\n")
    (tmp_path / "beat.pid").write_text("")
    assert traces.clean(tmp_path) == []
    assert sleeper.poll() is None
    assert list(tmp_path.iterdir()) == []


def test_identities_differ_and_end_with_the_process() -> None:
    with subprocess.Popen(["true"]) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert traces.identity(process.pid) is None  # a zombie has ended
    assert traces.identity(os.getpid()) not in {None, traces.identity(1)}
