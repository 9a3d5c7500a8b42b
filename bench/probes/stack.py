"""The whole installation, as `manage.py up` starts it: until it is ready, idle, and asked over HTTP."""

import http.client
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from math import ceil
from pathlib import Path
from statistics import median
from typing import Any

from bench import cpu, graphs, memory
from bench.awaiting import OFTEN
from bench.cpu import Pids
from bench.place import Place
from bench.probes.probe import Finding
from bench.workloads import Size
from config import lifeline

KEY = "stack"
ROOT = Path(__file__).resolve().parents[2]
FINAL = {"COMPLETED", "FAILED", "TERMINATED"}
SETTLED = 5.0


def title(size: Size) -> str:
    return "the whole stack of `manage.py up`, nothing else running"


def stack(place: Place, size: Size, servers: Mapping[str, Pids]) -> list[Finding]:
    """No other worker may live meanwhile: it would take the stack's messages. `servers`: which it finds running."""
    seconds, runs, starts = size.of(30, least=2), size.of(30, least=3), size.of(5, least=1)
    environment = _environment(place)
    took = _start_up(environment, starts)
    with _up(environment) as (_, cold, _):
        pass
    with _up(environment) as (process, warm, address):
        kinds: dict[str, Pids] = {"stack": partial(cpu.family, process.pid), **servers}
        time.sleep(min(SETTLED, seconds))
        share, idle = _share(kinds, seconds), memory.memory(kinds)
        seen = _three_steps(address, environment, runs)
        after = memory.memory(kinds)
    return [
        Finding("start_up", f"`manage.py help sweep`, median of {starts}", took, "s"),
        Finding("ready_cold", "until ready, with an empty state folder and no tables", cold, "s"),
        Finding("ready_warm", "until ready, once more", warm, "s"),
        Finding("cpu_share", f"share of a core, idle, over {seconds} s", share, "%"),
        Finding("memory_idle", "memory of all processes, idle, PSS", _sum(idle, "pss"), "MB"),
        Finding("memory_idle_rss", "the same, RSS", _sum(idle, "rss"), "MB"),
        Finding("processes", "processes", _sum(idle, "processes"), ""),
        Finding("http_median", f"three steps over HTTP until seen, median of {runs}", median(seen) * 1000, "ms"),
        Finding("http_p95", "the same, p95", sorted(seen)[ceil(0.95 * runs) - 1] * 1000, "ms"),
        Finding("memory_after", "memory of all processes after this, PSS", _sum(after, "pss"), "MB"),
    ]


def _environment(place: Place) -> dict[str, str]:
    """The embedded stack brings its own broker."""
    found = os.environ | {"PETIOLE_STATE": str(place.state / "stack")}
    if place.profile == "embedded":
        del found["REDIS_URL"]
    return found


@contextmanager
def _up(environment: dict[str, str]) -> Iterator[tuple["subprocess.Popen[str]", float, str]]:
    """The process, how many seconds it took until it was ready, and HOST:PORT."""
    began = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "manage.py", "up", "--port", "0"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=partial(lifeline.end_with_parent, os.getpid()),  # noqa: PLW1509  the parent has no threads
    ) as process:
        said: list[str] = []
        try:
            yield process, *_ready(process, said, began)
        finally:
            process.terminate()
            process.communicate()


def _ready(process: "subprocess.Popen[str]", said: list[str], began: float) -> tuple[float, str]:
    for line in process.stdout or ():
        said.append(line)
        if found := re.search(r"ready: http://(\S+)", line):
            return time.monotonic() - began, found[1]
    sys.exit(f"The stack did not become ready:\n{''.join(said[-40:])}")


def _share(kinds: Mapping[str, Pids], seconds: float) -> float | None:
    """Percent of one core."""
    meter = cpu.Meter(kinds)
    meter.start()
    began = time.monotonic()
    time.sleep(seconds)
    used = meter.read()
    return sum(used.values()) / (time.monotonic() - began) * 100 if used else None


def _sum(found: dict[str, memory.Memory], what: str) -> float | None:
    return sum(each[what] for each in found.values()) or None


def _three_steps(address: str, environment: dict[str, str], runs: int) -> list[float]:
    """Seconds from the request that starts a run until an answer says that it has ended, one run after the other."""
    token = subprocess.run(
        [sys.executable, "manage.py", "create_token", "bench-stack"],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    client = http.client.HTTPConnection(address, timeout=60)
    ask = partial(_ask, client, token)
    graph = ask("POST", "/v1/graphs", {"graph": graphs.chain(3)})
    runs_of = f"/v1/graphs/{graph['id']}"
    seen = []
    for _ in range(runs + 1):
        began = time.monotonic()
        run = ask("POST", f"{runs_of}/execute/{graph['version']}", {})
        while ask("GET", f"{runs_of}/executions/{run['id']}")["status"] not in FINAL:
            time.sleep(OFTEN * 5)
        seen.append(time.monotonic() - began)
    client.close()
    return seen[1:]  # the first finds everything cold


def _ask(client: http.client.HTTPConnection, token: str, verb: str, path: str, body: Any = None) -> Any:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    client.request(verb, path, None if body is None else json.dumps(body), headers)
    answer = client.getresponse()
    text = answer.read()
    if answer.status >= http.client.BAD_REQUEST:
        sys.exit(f"{verb} {path} was answered with {answer.status}: {text.decode()[:2000]}")
    return json.loads(text)


def _start_up(environment: dict[str, str], times: int) -> float:
    took = []
    for _ in range(times):
        began = time.monotonic()
        subprocess.run(
            [sys.executable, "manage.py", "help", "sweep"], cwd=ROOT, env=environment, check=True, capture_output=True
        )
        took.append(time.monotonic() - began)
    return median(took)
