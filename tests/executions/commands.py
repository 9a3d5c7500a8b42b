"""Calls commands as a test needs them: in this process, or as a shell does."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from executions.models import GraphExecution
from tests import stack
from tests.graphs_for_tests import IDS, Build

ROOT = Path(__file__).resolve().parents[2]
QUESTION = {
    "name": "Question",
    "description": "",
    "nodes": [
        {"id": "in", "block_id": IDS["AgentInput"], "input_default": {"name": "q"}},
        {"id": "echo", "block_id": IDS["Echo"], "input_default": {}, "metadata": {"customized_name": "Say it again"}},
        {"id": "out", "block_id": IDS["AgentOutput"], "input_default": {"name": "a"}},
    ],
    "links": [
        {"source_id": "in", "source_name": "result", "sink_id": "echo", "sink_name": "x"},
        {"source_id": "echo", "source_name": "out", "sink_id": "out", "sink_name": "value"},
    ],
}


def said(*words: str, **options: Any) -> str:
    out = StringIO()
    call_command(*words, stdout=out, **options)
    return out.getvalue()


def refusal(*words: str) -> str:
    """Why the command did not start a run; a reason is one line."""
    with pytest.raises(CommandError) as refused:
        said(*words)
    assert refused.value.returncode == 2
    assert "\n" not in str(refused.value)
    return str(refused.value)


@contextmanager
def started(*words: str) -> Iterator["subprocess.Popen[str]"]:
    """The command as a process of its own, as a shell starts it, on the test's database."""
    with subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), *words],
        env=stack.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.kill()


def ended(*words: str) -> tuple[int, str, str]:
    with started(*words) as process:
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err


def timer(build: Build) -> Any:
    return build({"t": ("CountdownTimer", {"seconds": 3600})}).version.graph_id


def waiting_run() -> GraphExecution:
    waiting = GraphExecution.objects.filter(node_executions__waits_for__isnull=False)
    stack.eventually(waiting.exists, within=30)
    return waiting.get()
