"""The crash points of the source: each has a name of its own, and nothing that writes is without one."""

import re
from collections import Counter
from typing import Final

from tests.crashes import points

# Functions that write, and the points of their callers between which they do. Without any: why that is enough.
BETWEEN: Final = {
    "stop.mark_failed": ("unpaid.before_commit", "fail.before_commit"),
    "values.kept": ("outputs.prepared",),
    "calling._Placing.made": ("call.locked", "call.placed"),
    "calling._Placing._alone": ("call.locked", "call.placed"),
    "calling._Placing._refused": ("call.locked", "call.placed"),
    "retry._begin_epochs": ("retry.moved", "retry.epochs"),
    "retry._hand_on_again": ("retry.moved", "retry.epochs"),
    "services.release_all": ("take_back.begun", "take_back.after_commit"),
    "publishing._leave": (),  # only a hint to the sweep, when the broker is not there
    "heartbeat.Heartbeat._leave": (),  # one statement of a worker that ends; without it its process id is missed
}


# What the design names; somebody may take a call away without meaning to.
NAMED: Final = {
    "start": {"before_commit", "after_commit"},
    "admit": {"before_commit", "after_commit"},
    "chord": {"named", "opened"},
    "claim": {"begun", "taken_free", "before_charge", "before_commit", "after_commit"},
    "block": {"before_entry", "entered", "left"},
    "flush": {"before_commit", "after_commit", "published"},
    "commit": {"begun", "proved", "before_commit", "after_commit"},
    "suspend": {"before_commit", "after_commit"},
    "wake": {"locked", "requeued", "pending"},
    "child": {"before_commit", "launched"},
    "call": {"locked", "placed", "caller_locked"},
    "recall": {"begun", "before_commit", "after_commit"},
    "relay": {"before_commit", "after_commit"},
    "place": {"before_reserve", "reserved", "kept"},
    "publish": {"before_join", "joined", "before_message", "sent"},
    "conclude": {"begun", "locked"},
    "finish": {"begun", "before_commit", "after_commit"},
    "check": {"passed", "before_commit", "after_commit"},
    "moderate": {"locked", "before_commit", "after_commit"},
    "step": {"taken"},
    "summarise": {"locked", "before_commit", "after_commit"},
    "notify": {"moved", "before_commit", "after_commit"},
    "stop": {"before_mark", "marked", "after_mark", "closed", "after_close", "tree_closed", "interrupted"},
    "give_back": {"closed", "booked"},
    "take_back": {"begun", "before_commit", "after_commit", "before_publish"},
    "retry": {"begun", "before_commit", "after_commit"},
    "pause": {"before_commit", "after_commit"},
    "memory": {"proved", "before_commit", "after_commit"},
    "review": {"begun", "let_go", "before_commit", "after_commit"},
    "decide": {"begun", "locked", "recorded", "requeued", "before_commit", "after_commit"},
    "resume": {"before_commit", "after_commit"},
}


def test_the_points_of_the_design_are_there() -> None:
    named = {point.name for point in points.declared()}
    assert {f"{area}.{place}" for area, places in NAMED.items() for place in places} - named == set()


def test_a_name_is_used_once() -> None:
    counted = Counter(point.name for point in points.declared())
    assert {name: number for name, number in counted.items() if number > 1} == {}


def test_a_name_says_where_the_point_is() -> None:
    assert [point for point in points.declared() if not re.fullmatch(r"[a-z_]+\.[a-z_]+", point.name)] == []


def test_every_function_that_writes_has_a_point_or_writes_between_those_of_its_callers() -> None:
    assert {one.name for one in points.functions() if one.writes and not one.points} == set(BETWEEN)


def test_the_points_of_the_callers_are_there() -> None:
    named = {point.name for point in points.declared()}
    assert {name for between in BETWEEN.values() for name in between} - named == set()
