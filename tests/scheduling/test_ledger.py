"""Expected fires, on a clock that the test moves: planned ahead, fired once, late, missed, skipped or failed."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from unittest import mock
from uuid import uuid4

import pytest
from django.db import DataError, OperationalError

import credits.services
from executions import crashpoints
from executions.models import GraphExecution
from graphs import services as graphs
from notifications.models import Notice
from scheduling import planning, services, ticking
from scheduling.models import Fire, Schedule
from scheduling.states import State
from tests.graphs_for_tests import IDS
from tests.scheduling.conftest import Clock, Ledger, Make

pytestmark = pytest.mark.django_db(transaction=True)
NINE = datetime(2027, 5, 3, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def runs(schedule: Schedule) -> int:
    return GraphExecution.objects.filter(graph_version__graph=schedule.graph_id).count()


def end_runs() -> None:
    """As if they had been worked off."""
    now = NINE + 100 * HOUR
    GraphExecution.objects.alive().update(status="COMPLETED", started_at=now, ended_at=now)


def test_a_time_is_planned_ahead_and_fired_once(schedule: Make, clock: Clock, ledger: Ledger) -> None:
    hourly = schedule(inputs={"q": 7}, max_cost=500)
    clock.tick()
    assert ledger(hourly) == [("09:00", "PLANNED")]
    clock.tick(seconds=29.9)
    assert runs(hourly) == 0
    clock.tick(seconds=0.1)
    for _ in range(3):
        clock.tick(seconds=0.5)
    fire = hourly.fires.get(state=State.FIRED)
    assert (runs(hourly), fire.late_seconds, fire.run and fire.run.inputs) == (1, 0, {"q": 7})
    assert fire.run
    assert fire.run.max_cost == 500
    hourly.entry.refresh_from_db()
    assert (hourly.entry.last_run_at, hourly.entry.total_run_count) == (NINE, 1)


def test_a_tick_says_when_it_is_worth_while_again(schedule: Make, clock: Clock) -> None:
    schedule()
    clock.now = NINE - timedelta(seconds=0.25)
    assert ticking.tick() == pytest.approx(0.25)
    clock.now = NINE
    assert ticking.tick() == ticking.IDLE_SECONDS


def test_a_late_fire_says_how_late_it_was(schedule: Make, clock: Clock) -> None:
    hourly = schedule()
    clock.tick()
    clock.tick(seconds=30 + 12.5)
    assert hourly.fires.get(state=State.FIRED).late_seconds == 12.5


@pytest.mark.parametrize(
    ("policy", "limit", "expected"),
    [
        ("skip", 10, ["MISSED", "MISSED", "MISSED", "MISSED"]),
        ("once", 10, ["MISSED", "MISSED", "MISSED", "FIRED"]),
        ("all", 2, ["MISSED", "MISSED", "FIRED", "FIRED"]),
        ("all", 10, ["FIRED", "FIRED", "FIRED", "FIRED"]),
    ],
)
def test_after_an_outage_the_misfire_policy_decides_on_record(
    schedule: Make, clock: Clock, ledger: Ledger, policy: str, limit: int, expected: list[str]
) -> None:
    hourly = schedule(misfire=policy, misfire_limit=limit)
    clock.tick()
    clock.now = NINE + 3.5 * HOUR
    for _ in range(3):
        clock.tick(seconds=1)
    assert [state for _, state in ledger(hourly)] == expected
    assert runs(hourly) == expected.count("FIRED")
    assert all(fire.reason for fire in hourly.fires.filter(state=State.MISSED))


def test_a_year_without_ticks_is_summed_up(schedule: Make, clock: Clock) -> None:
    minutely = schedule("* * * * *")
    clock.tick(days=365)
    assert hourly_states(minutely) == {"MISSED", "FIRED", "PLANNED"}
    assert minutely.fires.count() < planning.MOST
    assert "too many times" in minutely.fires.order_by("logical_time").first().reason  # type: ignore[union-attr]
    assert runs(minutely) == 1


def hourly_states(schedule: Schedule) -> set[str]:
    return set(schedule.fires.values_list("state", flat=True))


def test_a_clock_that_jumps_fires_nothing_twice(schedule: Make, clock: Clock, ledger: Ledger) -> None:
    quarterly = schedule("*/15 * * * *")
    clock.run(NINE + timedelta(minutes=40))
    before = runs(quarterly)
    clock.now += HOUR  # forwards: the policy decides, one run for all
    clock.tick()
    assert runs(quarterly) == before + 1
    clock.now -= HOUR  # and back: what was fired or missed stays so
    clock.run(NINE + timedelta(minutes=110))
    assert runs(quarterly) == before + 1 + 1  # 10:45 was to come
    times = [time for time, _ in ledger(quarterly)]
    assert len(times) == len(set(times))


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("allow", ["FIRED", "FIRED", "FIRED"]),
        ("skip", ["FIRED", "SKIPPED", "SKIPPED"]),
        ("queue", ["FIRED", "WAITING", "WAITING"]),
        ("stop", ["FIRED", "FIRED", "FIRED"]),
    ],
)
def test_while_an_older_run_is_under_way_the_overlap_policy_decides(
    schedule: Make, clock: Clock, ledger: Ledger, policy: str, expected: list[str]
) -> None:
    minutely = schedule("* * * * *", overlap=policy)
    clock.run(NINE + timedelta(minutes=2, seconds=10))
    assert [state for _, state in ledger(minutely) if state != "PLANNED"] == expected
    stopped = GraphExecution.objects.filter(stop_requested_at__isnull=False).count()
    assert stopped == (2 if policy == "stop" else 0)


def test_what_waits_for_an_older_run_starts_one_after_the_other(schedule: Make, clock: Clock, ledger: Ledger) -> None:
    minutely = schedule("* * * * *", overlap="queue", ends_at=NINE + timedelta(minutes=2))
    clock.run(NINE + timedelta(minutes=3))
    for begun in (2, 3):
        end_runs()
        clock.tick(seconds=1)
        clock.tick(seconds=1)
        assert runs(minutely) == begun
    assert [state for _, state in ledger(minutely)] == ["FIRED"] * 3


def test_a_graph_that_no_longer_validates_is_told_and_at_last_paused(
    schedule: Make, clock: Clock, settings: Any, ledger: Ledger
) -> None:
    settings.SCHEDULE_FAILURES = 2
    minutely = schedule("* * * * *", inputs={"q": 1})
    unpaid = {"name": "b", "nodes": [{"id": str(uuid4()), "block_id": IDS["Paid"], "input_default": {}}], "links": []}
    graphs.update(minutely.user, minutely.graph_id, unpaid)
    clock.run(NINE + timedelta(minutes=5))
    failed = list(minutely.fires.filter(state=State.FAILED).order_by("logical_time"))
    assert [next(iter(fire.errors.values())).keys() for fire in failed] == [{"x"}, {"x"}]
    minutely.refresh_from_db()
    minutely.entry.refresh_from_db()
    assert (minutely.enabled, minutely.entry.enabled) == (False, False)
    assert "2 times in a row" in minutely.pause_reason
    kinds = list(Notice.objects.filter(user=minutely.user).order_by("created_at").values_list("kind", flat=True))
    assert sorted(kinds) == ["SCHEDULE_FAILED", "SCHEDULE_FAILED", "SCHEDULE_PAUSED"]


def test_a_user_without_credits_has_a_failed_fire_and_a_notice(schedule: Make, clock: Clock) -> None:
    hourly = schedule()
    credits.services.grant(hourly.user_id, -1_000_000, reason="all spent")
    clock.run(NINE)
    fire = hourly.fires.get(state=State.FAILED)
    assert "no credits are left" in fire.reason
    assert Notice.objects.get(kind="SCHEDULE_FAILED").data["schedule_id"] == str(hourly.pk)
    credits.services.grant(hourly.user_id, 1_000, reason="again")
    clock.run(NINE + HOUR)
    hourly.refresh_from_db()
    assert (hourly.failures, runs(hourly)) == (0, 1)


def test_jitter_is_the_same_whoever_asks(schedule: Make, clock: Clock) -> None:
    hourly = schedule(jitter_seconds=600)
    clock.tick()
    fire = hourly.fires.get()
    assert timedelta() < fire.due_at - fire.logical_time <= timedelta(minutes=10)
    assert planning._expected(hourly, fire.logical_time).due_at == fire.due_at
    clock.now = fire.due_at
    clock.tick()
    assert hourly.fires.get(state=State.FIRED).late_seconds == 0


def test_start_and_end_belong_to_the_schedule(schedule: Make, clock: Clock, ledger: Ledger) -> None:
    minutely = schedule("* * * * *", starts_at=NINE + timedelta(minutes=1), ends_at=NINE + timedelta(minutes=2))
    clock.run(NINE + timedelta(minutes=5))
    assert ledger(minutely) == [("09:01", "FIRED"), ("09:02", "FIRED")]


def test_once_and_every_so_often(schedule: Make, clock: Clock, ledger: Ledger) -> None:
    once = schedule(at=NINE + timedelta(minutes=1))
    often = schedule(every_seconds=90)
    clock.run(NINE + timedelta(minutes=3, seconds=50))
    assert ledger(once) == [("09:01", "FIRED")]
    fired = often.fires.filter(state=State.FIRED).order_by("logical_time").values_list("logical_time", flat=True)
    assert [time - NINE for time in fired] == [timedelta(seconds=s) for s in (60, 150)]


class Killed(BaseException):
    """The process is no more."""


POINTS = (
    "plan.begun",
    "plan.inserted",
    "plan.before_commit",
    "judge.begun",
    "judge.before_commit",
    "fire.begun",
    "fire.locked",
    "start.run_inserted",
    "fire.started",
    "fire.settled",
    "fire.before_commit",
    "fire.after_commit",
)


@pytest.mark.parametrize("point", POINTS)
def test_a_process_that_dies_at_any_point_leaves_one_run_for_the_next(schedule: Make, clock: Clock, point: str) -> None:
    hourly = schedule(misfire="once")

    def die(passed: str) -> None:
        if passed == point:
            crashpoints.install()
            raise Killed

    crashpoints.install(die)
    try:
        with pytest.raises(Killed):
            clock.tick(hours=2)
    finally:
        crashpoints.install()
    for _ in range(3):
        clock.tick(seconds=1)
    assert (runs(hourly), hourly.fires.filter(state=State.FIRED).count()) == (1, 1)


def test_a_fire_survives_the_end_of_its_run_and_goes_with_its_schedule(schedule: Make, clock: Clock) -> None:
    hourly = schedule()
    clock.run(NINE)
    GraphExecution.objects.all().delete()
    assert hourly.fires.get(state=State.FIRED).run is None
    services.delete(hourly)
    assert not Fire.objects.exists()


def test_what_cannot_be_fired_now_is_left_to_the_next_tick(schedule: Make, clock: Clock) -> None:
    hourly = schedule()
    clock.tick()
    with mock.patch("scheduling.firing._attempt", side_effect=partial(_refuse, OperationalError("gone"))):
        clock.tick(seconds=30)
    assert runs(hourly) == 0
    clock.tick(seconds=1)
    assert runs(hourly) == 1


def _refuse(error: Exception, *_: object) -> None:
    raise error


def test_what_is_due_is_fired_before_others_are_planned(schedule: Make, clock: Clock) -> None:
    """Many schedules of every minute: their next times come near at the moment at which they are due."""
    for _ in range(2):
        schedule("* * * * *")
    clock.tick()
    clock.now = NINE
    done: list[str] = []
    with (
        mock.patch("scheduling.planning.plan", side_effect=lambda *_: done.append("plan")),
        mock.patch("scheduling.firing.fire", side_effect=lambda *_: done.append("fire")),
    ):
        ticking.tick()
    assert done == ["fire", "fire"]  # and planning after all of them, because they are still due


def test_times_that_cannot_be_found_pause_their_schedule_and_hold_up_no_other(schedule: Make, clock: Clock) -> None:
    broken, other = schedule(), schedule()
    Schedule.objects.filter(pk=broken.pk).update(timezone="Mars/Olympus")  # of a machine that knows other zones
    clock.tick()
    broken.refresh_from_db()
    assert (broken.enabled, "Mars/Olympus" in broken.pause_reason) == (False, True)
    assert Notice.objects.get(kind="SCHEDULE_PAUSED").data["schedule_id"] == str(broken.pk)
    clock.run(NINE)
    assert runs(other) == 1


def test_a_fire_that_fails_again_and_again_does_not_keep_a_processor_busy(schedule: Make, clock: Clock) -> None:
    schedule()
    clock.tick()
    clock.now = NINE
    with mock.patch("scheduling.firing._attempt", side_effect=partial(_refuse, DataError("too large"))):
        assert ticking.tick() == ticking.IDLE_SECONDS
