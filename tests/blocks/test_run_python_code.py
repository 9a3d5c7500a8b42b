"""Code of a graph does its sums, and reaches nothing."""

import asyncio
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest

from blocks import code, registry
from blocks.code.running import run as run_code
from blocks.sdk import Context
from blocks.sdk.cases import call

ID = "1e69aacb-8bf8-4962-821b-695b4b10d795"


@pytest.fixture(autouse=True)
def enabled() -> Iterator[None]:
    code.configure(enabled=True)
    yield
    code.configure(enabled=False)


def run(source: str, **data: Any) -> dict[str, Any]:
    spec = registry.get(ID)
    assert spec is not None
    return dict(call(spec, {"code": source} | data, Context()))


def test_it_reads_inputs_and_leaves_a_result() -> None:
    source = "import math\nprint('hi')\nresult = {'r': math.sqrt(inputs['a'])}"
    assert run(source, inputs={"a": 9}) == {"result": {"r": 3.0}, "printed": "hi\n"}


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("open('/etc/passwd')", "No such file"),
        ("import os\nresult = os.listdir('/')\nassert not result, result\nos.mkdir('/x')", "line 4"),
        ("import os\nos.chroot('/')", "Operation not permitted"),
        ("import os\nos.fork()", "Resource temporarily unavailable"),
        ("import socket", "No module named 'socket'"),
        ("import _socket", "No module named '_socket'"),
        ("import os\nos.kill(2, 9)", "No such process"),
        ("import os\nassert not os.environ", "AssertionError"),
        ("x = 'a' * 10**10", "MemoryError"),
        ("1 / 0", "line 1: ZeroDivisionError"),
        ("result = {1, 2}", "not JSON serializable"),
        ("import sys\nsys.exit()", "SystemExit"),
        ("def", "SyntaxError"),
        ("import os\nos._exit(0)", "without an answer"),
        ("print('x' * 2_000_000)", "larger than 1 MB"),
    ],
)
def test_what_it_must_not_do_fails_the_node(source: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        run(source)


def test_endless_code_ends_at_its_time_limit_and_leaves_nothing_behind() -> None:
    began = time.monotonic()
    with pytest.raises(ValueError, match="1 s"):
        run("while True: pass", timeout=1)
    assert time.monotonic() - began < 15
    assert "code/jail.py" not in subprocess.run(["ps", "ax"], capture_output=True, text=True, check=True).stdout


def test_stopping_the_node_ends_the_code() -> None:
    async def stop() -> None:
        await asyncio.wait_for(run_code("import time\ntime.sleep(60)", {}, 60), 1)

    began = time.monotonic()
    with pytest.raises(TimeoutError):
        asyncio.run(stop())
    assert time.monotonic() - began < 15


def test_it_is_off_by_itself() -> None:
    code.configure(enabled=False)
    with pytest.raises(ValueError, match="PETIOLE_PYTHON_CODE"):
        run("result = 1")


ESCAPES = "import sys, time\nsys.modules['ctypes'].CDLL(None).prctl(1, 0, 0, 0, 0)\n"  # it would outlive its parent


def test_code_that_wants_to_outlive_its_parent_ends_at_its_time_limit() -> None:
    with pytest.raises(ValueError, match="did not end within 1 s"):
        run(f"{ESCAPES}time.sleep(120)", timeout=1)
    assert "code/jail.py" not in subprocess.run(["ps", "ax"], capture_output=True, text=True, check=True).stdout


def test_an_answer_that_is_nested_too_deeply_is_an_error_of_the_node() -> None:
    source = f"{ESCAPES}import os\nos.write(1, b'[' * 500_000)\nos._exit(0)"
    with pytest.raises(ValueError, match="without an answer"):
        run(source)
