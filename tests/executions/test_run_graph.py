"""`run_graph` as a process of its own, with real workers: how a run ends is how the command ends."""

import json
import signal

import pytest

from accounts.models import User
from executions.engine import stop
from executions.engine.conclusion import conclude
from executions.states import Status
from tests.executions.commands import ended, said, started, timer, waiting_run
from tests.graphs_for_tests import Build

pytestmark = [pytest.mark.worker, pytest.mark.usefixtures("workers")]


def test_a_run_that_completes_ends_with_0_and_prints_its_outputs(user: User, question: str) -> None:
    status, out, err = ended("run_graph", question, "--input", "q=why", "--input", "other=1")
    assert status == 0
    assert "COMPLETED after" in out
    assert json.loads(out.partition("Outputs:\n")[2]) == {"a": ["why"]}
    assert err == "warning: There is no input 'other'; its value was ignored.\n"


def test_as_json_standard_output_is_the_run_and_nothing_else(user: User, question: str) -> None:
    status, out, err = ended("run_graph", question, "--inputs", "/dev/null", "--json")
    assert (status, out) == (2, "")
    status, out, err = ended("run_graph", question, "--input", "q=3", "--json")
    assert status == 0
    run = json.loads(out)
    assert (run["status"], run["outputs"], run["node_executions_total"]) == ("COMPLETED", {"a": [3]}, 3)
    assert "COMPLETED: 3 done" in err


def test_nodes_that_failed_are_named(build: Build) -> None:
    graph = build({"e": ("Err", {"x": 1})}, e={"customized_name": "Goes wrong"}).version.graph_id
    status, out, _ = ended("run_graph", str(graph))
    assert status == 0
    assert "  failed: Goes wrong: raised by ErrBlock" in out


def test_a_run_that_fails_ends_with_1(build: Build) -> None:
    with started("run_graph", str(timer(build))) as process:
        run = waiting_run()
        stop.fail(run.pk, "for the test")
        conclude(run.pk)
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "for the test" in out


def test_ctrl_c_stops_the_run_and_ends_with_3(build: Build) -> None:
    with started("run_graph", str(timer(build))) as process:
        run = waiting_run()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (3, "")
    assert "Stopping the run." in out
    run.refresh_from_db()
    assert run.status == Status.TERMINATED


def test_stop_run_stops_and_says_when_there_was_nothing_to_stop(build: Build) -> None:
    with started("run_graph", str(timer(build))) as process:
        run = waiting_run()
        assert said("stop_run", str(run.pk)) == f"Run {run.pk} was stopped: it is TERMINATED.\n"
        process.communicate(timeout=30)
    assert process.returncode == 3
    assert said("stop_run", str(run.pk)) == f"Run {run.pk} had ended before: it is TERMINATED.\n"


def test_a_reader_who_has_gone_is_no_error_and_the_run_goes_on(build: Build) -> None:
    with started("run_graph", str(timer(build))) as process:
        assert process.stdout is not None
        process.stdout.close()
        process.wait(30)
        assert process.stderr is not None
        assert (process.returncode, process.stderr.read()) == (141, "")
    assert waiting_run().status == Status.RUNNING
