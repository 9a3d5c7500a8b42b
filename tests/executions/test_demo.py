"""`manage.py demo` as a person starts it on a fresh machine; nothing of it is left afterwards."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.config.installation import environment_of, eventually, running
from tests.executions.commands import ROOT

pytestmark = pytest.mark.worker

# Servers that do not answer: a demo that asked one of them would fail.
SOMEBODYS: Final = {
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "PETIOLE_SECRET_KEY": "of an installation that the demo has nothing to do with",
    "PETIOLE_HOSTS": "example.org",
    "PETIOLE_TASK_TIME_LIMIT": "60",
}


@contextmanager
def demo(folder: Path, **variables: str) -> Iterator["subprocess.Popen[str]"]:
    """In a clean environment; temporary folders go below `folder`."""
    temporary = folder / "tmp"
    temporary.mkdir()
    with subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), "demo"],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "TMPDIR": str(temporary)} | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        yield process
        process.kill()


def until(process: "subprocess.Popen[str]", words: str) -> str:
    """What was said up to the line with these words."""
    said = ""
    assert process.stdout is not None
    for line in process.stdout:
        said += line
        if words in line:
            return said
    raise AssertionError(f"{words!r} was not said:\n{said}")


def processes(folder: Path) -> list[int]:
    """What is alive and works in a temporary folder below this one."""
    mine = f"PETIOLE_STATE={folder}/".encode()
    return [pid for pid in running() if any(entry.startswith(mine) for entry in environment_of(pid))]


def test_it_runs_an_agent_on_real_workers_and_leaves_nothing(tmp_path: Path) -> None:
    began = time.monotonic()
    with demo(tmp_path, PYTHONUNBUFFERED="1") as process:
        said, _ = process.communicate(timeout=120)
    assert process.returncode == 0, said
    outputs, _, rest = said.partition("Outputs:\n")[2].partition("\n}\n")
    answer = json.loads(outputs + "\n}")
    assert answer["Digest"][0].startswith("# What grew this week\n")
    assert "8 stories read, 5 kept" in answer["Digest"][0]
    assert (len(answer["Kept"]), answer["Minutes to read"]) == (5, [1])
    assert "COMPLETED: 79 done" in said
    assert "make up" in rest
    assert "docs/how-to/first-agent.md" in rest
    assert time.monotonic() - began < 120
    assert processes(tmp_path) == []
    assert list((tmp_path / "tmp").iterdir()) == []


def test_servers_of_somebody_are_left_alone_and_ctrl_c_stops_everything(tmp_path: Path) -> None:
    with demo(tmp_path, **SOMEBODYS) as process:
        until(process, "RUNNING")
        assert len(processes(tmp_path)) > 4
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Stopping the run." in said
    assert "Interrupted; everything is stopped." in said
    assert processes(tmp_path) == []
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere nothing is promised after a kill")
def test_after_a_kill_no_process_is_left(tmp_path: Path) -> None:
    with demo(tmp_path) as process:
        until(process, "RUNNING")
        os.kill(process.pid, signal.SIGKILL)
        eventually(lambda: processes(tmp_path) == [], within=60)
