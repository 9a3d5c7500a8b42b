"""The command itself, as a person calls it: a short session in the profile of this environment."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from config.chaos import processes
from tests.project.documents import ROOT
from tests.stack import eventually

pytestmark = [pytest.mark.chaos, pytest.mark.worker, pytest.mark.timeout(900)]


def chaos(*words: str, **more: Any) -> "subprocess.Popen[str]":
    command = [sys.executable, str(ROOT / "manage.py"), "chaos", *words]
    return subprocess.Popen(command, cwd=ROOT, env=os.environ, stdout=subprocess.PIPE, text=True, **more)


def test_nothing_is_lost_and_nothing_happens_twice(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    with chaos("--minutes", "0.6", "--seed", "20", "--runs", "25", "--report", str(report)) as process:
        said, _ = process.communicate()
    assert said.splitlines()[-1] == "violations: 0", said
    assert process.returncode == 0
    found = json.loads(report.read_text())
    assert found["violations"] == []
    assert sum(found["faults"].values()) >= 10
    assert sum(found["runs"].values()) >= 20


def test_an_interrupted_session_leaves_nothing() -> None:
    with chaos("--minutes", "5", "--runs", "5") as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        folder = re.search(r" in (/\S+) \.\.\.", line)
        assert folder is not None, line
        state = Path(folder[1]) / "state"
        eventually(lambda: len(processes.of_folder(state)) > 4, within=60)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate()
    assert said.splitlines()[-1] == "Interrupted; everything is stopped."
    assert process.returncode == 130
    assert processes.of_folder(state) == []
    assert not state.exists()
