"""A paused run starts nothing new, holds nothing up, and goes on where it was."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from executions import services, sweeping
from executions.engine import admission
from executions.engine.attempt import End, attempt
from executions.engine.claim import Ask, Holder
from executions.errors import NotPausable, RunBelow
from executions.models import GraphExecution, NodeExecution
from executions.states import Status
from tests.executions.driver import Driver, Message
from tests.executions.runs import TEST_BLOCKS, end_of, statuses, taken, values
from tests.graphs_for_tests import Build, Built
from tests.stack import eventually


def stream(build: Build) -> Built:
    nodes = {"m": ("Multi", {"xs": [1, 2, 3]}), "a": "Echo", "b": "Echo", "p": "Pair"}
    return build(nodes, "m.item -> a.x", "m.item -> b.x", "a.out -> p.a", "b.out -> p.b")


def with_timer_below(build: Build) -> Built:
    nodes = {"t": ("CountdownTimer", {"seconds": 3600}), "o": ("AgentOutput", {"name": "out"})}
    child = build(nodes, "t.output_message -> o.value")
    return build({"s": build.executor(child), "e": "Echo"}, "s.out -> e.x")


def carry_all(drive: Driver) -> None:
    while drive.messages:
        drive.step()


def claimed(run: GraphExecution) -> int:
    return NodeExecution.objects.filter(run__root=run).claimed().count()


# -- While it is paused


@pytest.mark.parametrize("after", range(15))
def test_nothing_starts_during_a_pause_and_all_ends_as_if_there_had_been_none(
    drive: Driver, build: Build, after: int
) -> None:
    built = stream(build)
    run = built.start()
    for _ in range(after):
        drive.step()
    services.pause_run(run)
    before = claimed(run)
    carry_all(drive)
    assert claimed(run) == before
    services.resume_run(run)
    assert drive(run).status == Status.COMPLETED
    assert values(built, run, "p") == [[1, 1], [2, 2], [3, 3]]


def test_a_block_that_runs_ends_and_its_successors_wait(drive: Driver, build: Build) -> None:
    """The pause comes while the block runs: in the commit of its first output."""
    built = build({"m": ("Multi", {"xs": list(range(150))}), "b": "Echo"}, "m.item -> b.x")
    run = built.start()
    drive.step()
    node = built.of(run, "m")[0]

    def pause(ready: list[NodeExecution]) -> None:
        services.pause_run(run)

    assert attempt(Ask(node.pk, 1, Holder("me")), pause).end is End.DONE
    carry_all(drive)
    assert (statuses(built, run, "m"), set(statuses(built, run, "b"))) == (["COMPLETED"], {"QUEUED"})
    services.resume_run(run)
    assert drive(run).status == Status.COMPLETED
    assert sorted(values(built, run, "b")) == list(range(150))


def test_a_run_whose_last_block_ends_during_the_pause_ends(drive: Driver, build: Build) -> None:
    built = build({"m": ("Multi", {"xs": list(range(150))})})
    run = built.start()
    drive.step()
    node = built.of(run, "m")[0]
    taken(node)
    services.pause_run(run)
    NodeExecution.objects.filter(pk=node.pk).close(Status.COMPLETED, timezone.now())
    drive.conclude(run.pk)
    assert drive(run).status == Status.COMPLETED
    assert run.paused_at is None


def test_a_sweep_has_nothing_to_do_for_a_paused_run(drive: Driver, build: Build) -> None:
    built = build(
        {"t": ("CountdownTimer", {"seconds": 3600}), "m": ("Multi", {"xs": [1]}), "e": "Echo"}, "m.item -> e.x"
    )
    run = built.start()
    for _ in range(3):
        drive.step()
    services.pause_run(run)
    NodeExecution.objects.filter(waits_for="timer").update(wakes_at=timezone.now())
    NodeExecution.objects.filter(status=Status.QUEUED).update(published_at=timezone.now() - timedelta(days=1))
    carry_all(drive)
    assert not sweeping.sweep()
    assert not drive.messages
    assert sweeping.wake_due([built.of(run, "t")[0].pk]) == 0
    assert (statuses(built, run, "t"), statuses(built, run, "e")) == (["RUNNING"], ["QUEUED"])


def test_the_runs_below_are_paused_too_and_their_timers_wait(drive: Driver, build: Build) -> None:
    built = with_timer_below(build)
    run = built.start()
    carry_all(drive)
    services.pause_run(run)
    child = run.children.get()
    assert child.paused_at is not None
    NodeExecution.objects.filter(run=child, waits_for="timer").update(wakes_at=timezone.now())
    assert not sweeping.sweep()
    services.resume_run(run)
    drive.step()
    assert not NodeExecution.objects.filter(run=child).waiting().exists()
    assert drive(run).status == Status.COMPLETED
    assert values(built, run, "e") == ["timer finished"]


def test_a_child_that_is_started_during_the_pause_waits_too(drive: Driver, build: Build) -> None:
    """The node that starts it was claimed before."""
    built = build({"s": build.executor(build({"a": ("Echo", {"x": 1})}))})
    run = built.start()
    drive.step()
    work = taken(built.of(run, "s")[0])
    services.pause_run(run)
    child = admission.start_child(work)
    assert child.paused_at is not None
    services.release_all()
    carry_all(drive)
    assert claimed(run) == 1
    services.resume_run(run)
    assert drive(run).status == Status.COMPLETED


def test_a_paused_run_takes_no_slot_and_is_not_admitted(drive: Driver, build: Build, settings: Settings) -> None:
    settings.MAX_RUNS_PER_USER = 1
    built = build({"a": ("Echo", {"x": 1}), "b": "Echo"}, "a.out -> b.x")
    first, second, third = (built.start() for _ in range(3))
    assert admission.admit(first.pk)
    services.pause_run(second)
    assert not admission.admit(second.pk)
    assert not admission.admit(third.pk)
    drive.messages.clear()
    services.pause_run(first)
    assert [message.id for message in drive.messages] == [third.pk]
    assert drive(third).status == Status.COMPLETED
    for run in (second, first):
        services.resume_run(run)
        assert drive(run).status == Status.COMPLETED


# -- When it goes on


def test_a_resume_whose_message_is_lost_is_made_up_for_by_the_sweep(drive: Driver, build: Build) -> None:
    built = stream(build)
    run = built.start()
    for _ in range(4):
        drive.step()
    services.pause_run(run)
    carry_all(drive)
    drive.loses = lambda message: message.name == "resume"
    services.resume_run(run)
    assert not drive.messages
    assert drive(run).status == Status.COMPLETED
    assert len(values(built, run, "p")) == 3


def test_a_run_that_was_paused_before_it_began_is_admitted_when_it_is_resumed(drive: Driver, build: Build) -> None:
    run = build({"a": ("Echo", {"x": 1})}).start()
    services.pause_run(run)
    carry_all(drive)
    assert run.status == Status.QUEUED
    services.resume_run(run)
    assert run.paused_for == timedelta()  # its time had not begun
    assert drive.messages == [Message("admit", run.pk)]
    assert drive(run).status == Status.COMPLETED


def test_pauses_do_not_count_as_time(drive: Driver, build: Build) -> None:
    run = build({"t": ("CountdownTimer", {"days": 30})}).start()
    carry_all(drive)
    services.pause_run(run)
    week_ago = timezone.now() - timedelta(days=8)
    GraphExecution.objects.update(started_at=week_ago, paused_at=week_ago)
    assert not sweeping.sweep()
    services.resume_run(run)
    assert run.paused_for > timedelta(days=7)
    carry_all(drive)
    assert not sweeping.sweep()
    GraphExecution.objects.update(started_at=week_ago - timedelta(days=8))
    assert sweeping.sweep().overran == 1


# -- Together with a stop and a retry


def test_a_paused_run_is_stopped_and_retried(drive: Driver, build: Build) -> None:
    built = stream(build)
    run = built.start()
    for _ in range(4):
        drive.step()
    services.pause_run(run)
    stopped = services.stop_run(run)
    assert (stopped.status, stopped.paused_at) == (Status.TERMINATED, None)
    services.retry_run(run)
    assert drive(run).status == Status.COMPLETED
    assert len(values(built, run, "p")) == 3


def test_a_run_is_paused_and_resumed_over_http_as_often_as_one_likes(
    api: APIClient, drive: Driver, build: Build
) -> None:
    run = build({"a": ("Echo", {"x": 1})}).start()
    seen = [_ask(api, run, verb) for verb in ("pause", "pause", "resume", "resume")]
    assert [answer.status_code for answer in seen] == [200] * 4
    paused = [answer.json()["paused_at"] for answer in seen]
    assert paused[0] == paused[1] is not None
    assert paused[2:] == [None, None]
    drive(run)
    answer = _ask(api, run, "pause")
    assert answer.status_code == 409
    assert answer.json()["message"] == f"Run {run.pk} cannot be paused or resumed: it has ended COMPLETED."
    stranger = APIClient()
    stranger.force_authenticate(User.objects.create_user("eve"))
    assert _ask(stranger, run, "pause").status_code == _ask(stranger, run, "resume").status_code == 404


def test_a_run_that_is_being_stopped_or_was_started_by_another_is_not_paused(drive: Driver, build: Build) -> None:
    run = with_timer_below(build).start()
    carry_all(drive)
    for verb in (services.pause_run, services.resume_run):
        with pytest.raises(RunBelow, match=f"the topmost one is {run.pk}"):
            verb(run.children.get())
    GraphExecution.objects.update(stop_requested_at=timezone.now())
    with pytest.raises(NotPausable, match="it is being stopped"):
        services.pause_run(run)


def _ask(client: APIClient, run: GraphExecution, verb: str) -> Any:
    return client.post(f"/v1/graphs/{run.graph_version.graph_id}/executions/{run.pk}/{verb}")


# -- With workers


def have_met(built: Built, run: GraphExecution, number: int) -> bool:
    return len(values(built, run, "p")) >= number


@pytest.mark.worker
def test_a_pause_under_load_changes_no_output(workers: Callable[..., Any], build: Build) -> None:
    nodes = {
        "t": ("CountdownTimer", {"seconds": 1, "repeat": 2}),
        "c": (TEST_BLOCKS["Count"], {"n": 10, "pause": 0.1}),
        "o": ("AgentOutput", {"name": "out"}),
    }
    child = build(nodes, "c.out -> o.value", "t.output_message -> o.value")
    stream = {"m": ("Multi", {"xs": list(range(60))}), "a": "Echo", "b": "Echo", "p": "Pair"}
    links = ["m.item -> a.x", "m.item -> b.x", "a.out -> p.a", "b.out -> p.b", "s.out -> e.x"]
    built = build(stream | {"s": build.executor(child), "e": "Echo"}, *links)
    run = built.start()
    for number in (3, 20):
        eventually(partial(have_met, built, run, number))
        with suppress(NotPausable):  # on a busy machine it may have come to its end by then
            services.pause_run(run)
            eventually(lambda: not NodeExecution.objects.filter(run__root=run).running().exists())
            before = claimed(run)
            sweeping.sweep()
            assert claimed(run) == before
            services.resume_run(run)
    assert end_of(run, within=60).status == Status.COMPLETED
    assert sorted(a for a, _ in values(built, run, "p")) == list(range(60))
    assert sorted(map(str, values(built, run, "e"))) == sorted([*map(str, range(10)), *["timer finished"] * 2])
