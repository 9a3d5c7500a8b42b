"""Timers, back-offs and time limits: what waits holds no worker."""

from datetime import timedelta

import pytest
from celery import current_app
from django.utils import timezone

from executions import sweeping
from executions.states import Status
from tests.executions.runs import TEST_BLOCKS, end_of, statuses, values
from tests.graphs_for_tests import Build
from tests.stack import eventually

pytestmark = [pytest.mark.worker, pytest.mark.usefixtures("workers")]


def test_a_timer_waits_as_a_row_and_fires(build: Build) -> None:
    timer = ("CountdownTimer", {"input_message": "now", "seconds": 1, "repeat": 2})
    built = build({"t": timer, "e": "Echo"}, "t.output_message -> e.x")
    began = timezone.now()
    run = built.start()
    waiting = eventually(lambda: built.of(run, "t") and built.of(run, "t")[0].waiting and built.of(run, "t")[0])
    assert (waiting.status, waiting.holder, waiting.claim_token) == (Status.RUNNING, None, None)
    assert end_of(run).status == Status.COMPLETED
    assert values(built, run, "e") == ["now", "now"]
    assert timezone.now() - began >= timedelta(seconds=2)


def test_a_failing_block_is_tried_again_as_its_node_says(build: Build) -> None:
    retry = {"retry": {"attempts": 3, "delay_seconds": 0.05, "jitter": False}}
    built = build({"f": (TEST_BLOCKS["Flaky"], {"x": 1, "failures": 2}), "e": "Echo"}, "f.out -> e.x", f=retry)
    run = built.start()
    assert end_of(run).stats["node_error_count"] == 0
    assert sorted(values(built, run, "e")) == [1, 2, 3]  # what a failed attempt has put out stays
    assert run.stats["cost"] == 7  # a retry is not paid again


def test_a_block_that_goes_on_failing_fails_its_node_once(build: Build) -> None:
    retry = {"retry": {"attempts": 2, "delay_seconds": 0.05}}
    built = build({"f": (TEST_BLOCKS["Flaky"], {"x": 1, "failures": 9}), "e": "Echo"}, "f.error -> e.x", f=retry)
    run = built.start()
    assert end_of(run).status == Status.COMPLETED
    [text] = values(built, run, "e")
    assert "attempt 2 fails" in text


@pytest.mark.parametrize("block", ["Forever", "Asleep", "Patient"])
def test_a_block_that_takes_too_long_fails(build: Build, block: str) -> None:
    built = build({"a": (TEST_BLOCKS[block], {"x": 1}), "e": "Echo"}, "a.error -> e.x", a={"timeout_seconds": 0.3})
    run = end_of(built.start())
    assert statuses(built, run, "a") == [Status.FAILED]
    [text] = values(built, run, "e")
    assert "did not end within its time limit of 0.3 s" in text


def test_a_run_of_timers_is_woken_although_every_message_is_lost(build: Build) -> None:
    built = build({"t": ("CountdownTimer", {"seconds": 2})})
    run = built.start()
    eventually(lambda: built.of(run, "t") and built.of(run, "t")[0].waiting)
    current_app.control.purge()
    eventually(lambda: sweeping.sweep() is not None and statuses(built, run, "t") == [Status.COMPLETED])
    assert end_of(run).status == Status.COMPLETED
