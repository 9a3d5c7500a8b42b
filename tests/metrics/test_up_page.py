"""Under `up` there is one page, which shows what all its processes have counted."""

import json
import os
import signal

import pytest

from tests.config.installation import ROOT, Installation, eventually
from tests.metrics.pages import Page

pytestmark = pytest.mark.worker


def page(installation: Installation) -> Page:
    return Page(installation.get("/metrics")[1])


def run_demo(installation: Installation) -> None:
    """Six runs: one, and five below it."""
    said = installation.command("run_graph", str(ROOT / "demo" / "agent.json"), "--owner", "admin", "--json")
    assert json.loads(said.stdout)["status"] == "COMPLETED", said.stderr


def test_one_page_shows_all_processes_and_outlives_each_of_them(installation: Installation) -> None:
    installation.up()
    installation.ready()
    run_demo(installation)
    before = page(installation)
    assert before("petiole_runs_ended_total", "COMPLETED") == 6
    assert (before("petiole_pool_slots", "threads"), before("petiole_pool_slots", "prefork")) == (4, 1)
    for name in ("worker-cpu", "worker-io", "web"):
        os.kill(installation.pids()[name], signal.SIGKILL)
        installation.says(f"{name} was ended by SIGKILL")
    eventually(lambda: has_come_back(installation), within=90)
    after = page(installation)
    less = {key: (value, after.samples.get(key)) for key, value in before.counters().items()}
    assert {key: pair for key, pair in less.items() if pair[1] is None or pair[1] < pair[0]} == {}
    run_demo(installation)
    assert page(installation)("petiole_runs_ended_total", "COMPLETED") == 12


def has_come_back(installation: Installation) -> bool:
    try:
        return page(installation)("execution_manager_pool_size") == 5
    except OSError:  # the web process is being started
        return False
