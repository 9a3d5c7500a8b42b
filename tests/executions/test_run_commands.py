"""retry_run, pause_run and resume_run at a terminal."""

import pytest

from executions.console.progress import Names, progress_of
from executions.states import Status
from tests.executions.commands import refusal, said
from tests.executions.driver import Driver
from tests.graphs_for_tests import Build

NOBODY = "0199d1b5-0000-7000-8000-000000000000"


def test_a_run_is_paused_resumed_stopped_and_retried(build: Build, drive: Driver) -> None:
    run = build({"a": ("Echo", {"x": 1})}).start()
    assert said("pause_run", str(run.pk)) == f"{run} is paused.\n"
    assert progress_of(run, Names()).state == "QUEUED, paused"
    assert said("resume_run", str(run.pk)) == f"{run} goes on: it is QUEUED.\n"
    said("stop_run", str(run.pk))
    assert said("retry_run", str(run.pk)) == f"{run} is retried: it is QUEUED.\n"
    assert drive(run).status == Status.COMPLETED


def test_what_is_refused_is_said(build: Build, drive: Driver) -> None:
    run = drive(build({"a": ("Echo", {"x": 1})}).start())
    assert refusal("retry_run", str(run.pk)).startswith(f"Refused: Run {run.pk} cannot be retried: it has completed.")
    for verb in ("pause_run", "resume_run"):
        assert refusal(verb, str(run.pk)).startswith(
            f"Run {run.pk} cannot be paused or resumed: it has ended COMPLETED."
        )


def test_a_run_below_names_the_topmost_one(build: Build, drive: Driver) -> None:
    run = drive(build({"s": build.executor(build({"a": ("Echo", {"x": 1})}))}).start())
    child = str(run.children.get().pk)
    for verb in ("retry_run", "pause_run", "resume_run"):
        assert f"Ask the same of the run {run.pk}." in refusal(verb, child)


@pytest.mark.parametrize("verb", ["retry_run", "pause_run", "resume_run"])
def test_a_run_that_does_not_exist_is_named(db: None, verb: str) -> None:
    assert refusal(verb, NOBODY) == f"There is no run {NOBODY}."
