"""What is shown while a run goes on, at a terminal and elsewhere."""

import signal
from io import StringIO

import pytest
from rich.console import Console

from executions.console.display import Lively, Plain
from executions.console.interrupts import HeldBack
from executions.console.progress import Progress
from executions.console.watching import watch
from executions.models import GraphExecution
from executions.states import Status
from tests.graphs_for_tests import Build
from tests.silence import Silent


def test_a_run_that_no_worker_takes_says_so(build: Build, no_messages: Silent) -> None:
    run = build({"a": ("Echo", {"x": 1})}).start()
    assert "No live worker takes the queue “engine”" in complaint_about(run)
    assert complaint_about(run).endswith("Is `manage.py up` running?")
    GraphExecution.objects.filter(pk=run.pk).moves_to(Status.RUNNING, started_at=run.created_at)
    assert "No live worker takes the queue “cpu”" in complaint_about(run)


class Listener(Plain):
    """Hears the first thing that is said, and has heard enough."""

    heard = ""

    def say(self, text: str) -> None:
        if "worker" in text:
            self.heard = text
            raise KeyboardInterrupt


def complaint_about(run: GraphExecution) -> str:
    listener = Listener(StringIO())
    with pytest.raises(KeyboardInterrupt):
        watch(run, listener, patience=0.05)
    return listener.heard


def test_a_pipe_gets_a_line_for_each_change_but_at_most_one_a_second() -> None:
    out, now = StringIO(), [0.0]
    plain = Plain(out, clock=lambda: now[0])
    for at, progress in [
        (0.0, Progress("QUEUED", 0.0, queued=1)),
        (0.1, Progress("RUNNING", 0.1, running=1)),
        (0.2, Progress("RUNNING", 0.2, done=1)),
        (1.2, Progress("RUNNING", 1.2, done=2, waiting=1, failed=1, cost=7)),
        (2.4, Progress("RUNNING", 2.4, done=2, waiting=1, failed=1, cost=7)),
    ]:
        now[0] = at
        plain.show(progress)
    assert out.getvalue().splitlines() == [
        "   0.0 s  QUEUED: 0 done, 0 running, 0 waiting, 1 queued, cost 0",
        "   0.1 s  RUNNING: 0 done, 1 running, 0 waiting, cost 0",
        "   1.2 s  RUNNING: 2 done, 0 running, 1 waiting, 1 failed, cost 7",
    ]


def test_a_terminal_shows_what_is_going_on_and_keeps_what_was_said() -> None:
    out = StringIO()
    with Lively(Console(file=out, force_terminal=True, width=80), "Digest v1") as lively:
        busy = Progress("RUNNING", 3.0, done=4, running=2, waiting=1)
        busy.busy.update({("Write a paragraph", False): 2, ("Pause", True): 1})
        lively.show(busy)
        lively.say("said")
        lively.live.refresh()
    text = out.getvalue()
    for words in (
        "Digest v1",
        "4 done, 2 running, 1 waiting",
        "Write a paragraph (2): running",
        "Pause: waiting",
        "said",
    ):
        assert words in text


def test_ctrl_c_while_a_run_is_started_is_kept_until_there_is_something_to_stop() -> None:
    with HeldBack() as interrupts:
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            interrupts.let_through()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_whoever_presses_ctrl_c_twice_does_not_wait() -> None:
    with HeldBack():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
