"""Real workers show what they have done, what each of their pool processes has done included."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from executions.states import Status
from tests import stack
from tests.executions.runs import TEST_BLOCKS, end_of, statuses
from tests.executions.test_processes import ALL, others_pause
from tests.graphs_for_tests import Build, Built
from tests.metrics.pages import Page, free_port, scraped
from tests.project.documents import tables
from tests.stack import Process, eventually

pytestmark = [pytest.mark.worker, pytest.mark.usefixtures("workers")]
POOLS = {"prefork": ("-P", "prefork", "-c", "2"), "threads": ("-P", "threads", "-c", "2")}
RUNS = 5


@contextmanager
def worker(pool: str, **variables: str) -> Iterator[tuple[Process, int]]:
    """The only one that takes anything, and the port of its page."""
    port = free_port()
    variables["PETIOLE_METRICS_PORT"] = str(port)
    with others_pause(*ALL), stack.worker(",".join(ALL), *POOLS[pool], **variables) as process:
        yield process, port


def quiet(port: int) -> Page:
    """The page when nothing runs any more."""

    def looked() -> Any:
        page = scraped(port)
        return page("execution_manager_utilization_ratio") == 0 and page

    page: Page = eventually(looked)
    return page


def mixed(build: Build) -> Built:
    """Three executions end COMPLETED, one FAILED; `never` gets nothing and does not begin."""
    return build(
        {"e": ("Echo", {"x": 1}), "p": "Paid", "q": "Echo", "f": ("FailIf", {"x": 1, "bad": 1}), "never": "Echo"},
        "e.out -> p.x",
        "p.out -> q.x",
        "f.out -> never.x",
    )


@pytest.mark.parametrize("pool", POOLS)
def test_every_run_and_node_is_counted_once(build: Build, pool: str) -> None:
    built = mixed(build)
    with worker(pool) as (_, port):
        assert quiet(port)("petiole_runs_ended_total", "COMPLETED") == 0
        for run in [built.start() for _ in range(RUNS)]:
            end_of(run)
        page = quiet(port)
    assert page("petiole_runs_ended_total", "COMPLETED") == RUNS
    assert page("petiole_node_executions_ended_total", "COMPLETED") == 3 * RUNS
    assert page("petiole_node_executions_ended_total", "FAILED") == RUNS
    assert page("petiole_node_seconds_count", "EchoBlock") == 2 * RUNS
    assert page("petiole_node_seconds_count", "FailIfBlock") == RUNS
    assert page("petiole_queue_wait_seconds_count", "cpu") == 4 * RUNS
    assert page("petiole_charges_total", "run") == RUNS
    assert page("petiole_charged_credits_total", "run") == 10 * RUNS
    assert (page("petiole_pool_slots", pool), page("petiole_busy_slots", pool)) == (2, 0)
    assert (page("execution_manager_pool_size"), page("execution_manager_active_runs")) == (2, 0)


def test_everything_on_the_page_of_a_worker_is_documented(build: Build) -> None:
    with worker("prefork") as (_, port):
        end_of(mixed(build).start())
        names = set(quiet(port).families)
    documented = {name.removesuffix("_total") for name in tables("metrics.md")} | {"petiole_info"}
    assert {name for name in names if not name.startswith(("process_", "python_"))} <= documented


def test_a_killed_pool_process_takes_nothing_back(build: Build) -> None:
    built = mixed(build)
    with worker("prefork") as (process, port):
        for _ in range(RUNS):
            end_of(built.start())
        before = quiet(port)
        killed = pool_processes(process)
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        eventually(lambda: len(pool_processes(process) - killed) == 2)
        between = quiet(port)
        for _ in range(RUNS):
            end_of(built.start())
        after = quiet(port)
    for earlier, later in ((before, between), (between, after)):
        assert [key for key, value in earlier.counters().items() if later.samples[key] < value] == []
    assert between("petiole_runs_ended_total", "COMPLETED") == RUNS
    assert after("petiole_node_executions_ended_total", "COMPLETED") == 3 * 2 * RUNS
    assert after("petiole_runs_ended_total", "COMPLETED") == 2 * RUNS


def test_a_node_whose_process_is_killed_is_counted_as_taken_back_and_recovered(build: Build, tmp_path: Path) -> None:
    go_on = tmp_path / "go-on"
    slow = build({"c": (TEST_BLOCKS["Count"], {"n": 3, "until": str(go_on)}), "e": "Echo"}, "c.out -> e.x")
    with worker("prefork") as (process, port):
        run = slow.start()
        eventually(lambda: statuses(slow, run, "e") == ["COMPLETED"])
        [busy] = {pid for pid in pool_processes(process) if f"process {pid} " in str(slow.of(run, "c")[0].holder)}
        os.kill(busy, signal.SIGKILL)
        go_on.touch()
        assert end_of(run).status == Status.COMPLETED
        page = quiet(port)
    assert page("petiole_takebacks_total", "process_killed") == 1
    assert page("petiole_recovery_seconds_count", "process_killed") == 1
    assert (page("petiole_recovery_seconds_sum", "process_killed") or 0) > 0
    assert page("petiole_node_executions_ended_total", "COMPLETED") == 4
    assert (page("petiole_busy_slots", "prefork"), page("petiole_pool_slots", "prefork")) == (0, 2)


def pool_processes(worker: Process) -> set[int]:
    return {int(pid) for pid in Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text().split()}


def test_a_worker_that_drains_says_that_it_is_busy(build: Build, tmp_path: Path) -> None:
    go_on = tmp_path / "go-on"
    slow = build({"c": (TEST_BLOCKS["Count"], {"n": 1, "until": str(go_on)})})
    with worker("threads", PETIOLE_SHUTDOWN_SECONDS="60") as (process, port):
        run = slow.start()
        eventually(lambda: statuses(slow, run, "c") == ["RUNNING"])
        eventually(lambda: scraped(port)("execution_manager_utilization_ratio") == 0.5)
        process.terminate()
        eventually(lambda: scraped(port)("execution_manager_utilization_ratio") == 1)
        assert scraped(port)("petiole_draining", "threads") == 1
        go_on.touch()
        assert process.wait(20) == 0
    assert end_of(run).status == Status.COMPLETED
